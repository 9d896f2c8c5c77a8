//! Wallets in live mode.

use protocols::pickup::V2_0;
use protocols::{Dialect, client};
use tokio::time::{Instant, sleep_until, timeout};

use super::Visit;
use crate::simulation::wire::WalletEnd;
use crate::{Heard, Item, Words};

/// Where a live wallet stands.
struct Desk {
    dialect: &'static dyn Dialect,
    acks_by_request: bool,
    is_live: bool,
    unacknowledged: Vec<String>,
    acknowledges_at: Instant,
}

impl Visit {
    /// Fetches what waits, goes live, and acknowledges in its own time, on the socket or in requests.
    pub(super) async fn live(&mut self, dialect: &'static dyn Dialect, acks_by_request: bool) {
        let end = self.dial().await;
        self.live_on(end, dialect, acks_by_request).await;
    }

    /// Lets bare envelopes come for a while, then asks with pickup messages: from the first answer on none may be bare.
    pub(super) async fn changing(&mut self) {
        let mut end = self.dial().await;
        end.say(&client::ping(&self.agent.id(), false));
        let while_bare = self.random.millis(100..30_000);
        let listening = async { while end.hear().await.is_some() {} };
        if timeout(while_bare, listening).await.is_ok() {
            return;
        }
        end.say(&client::status_request(&V2_0, &self.agent.id(), None));
        while let Some(heard) = end.hear().await {
            if matches!(heard, Heard::Words(Words::Status { .. })) {
                return self.live_on(end, &V2_0, false).await;
            }
        }
    }

    async fn live_on(
        &mut self,
        mut end: WalletEnd,
        dialect: &'static dyn Dialect,
        acks_by_request: bool,
    ) {
        let now = Instant::now();
        let mut desk = Desk {
            dialect,
            acks_by_request,
            is_live: false,
            unacknowledged: Vec::new(),
            acknowledges_at: now,
        };
        if self.random.chance(30) {
            self.go_live(&mut desk, &end);
        }
        end.say(&client::status_request(dialect, &self.agent.id(), None));
        loop {
            let heard = tokio::select! { biased;
                heard = end.hear() => heard,
                () = sleep_until(desk.acknowledges_at), if !desk.unacknowledged.is_empty() => {
                    self.acknowledge(&mut desk, &end).await;
                    continue;
                }
            };
            match heard {
                Some(Heard::Words(words)) => self.on_words(&mut desk, words, &end),
                Some(Heard::Mail(parcel)) => {
                    self.world.complain(format!("{parcel:?} came bare to a live wallet"));
                }
                None => return,
            }
        }
    }

    fn on_words(&mut self, desk: &mut Desk, words: Words, end: &WalletEnd) {
        match words {
            Words::Delivery { items, .. } => self.on_delivery(desk, items, end),
            Words::Status { messages, .. } if messages > 0 && desk.unacknowledged.is_empty() => {
                end.say(&client::delivery_request(
                    desk.dialect,
                    &self.agent.id(),
                    self.habits.appetite,
                    None,
                ));
            }
            Words::Status { .. } if !desk.is_live => self.go_live(desk, end),
            Words::Status { .. } => {}
            other => self.world.complain(format!("a live wallet heard {other:?}")),
        }
    }

    fn on_delivery(&mut self, desk: &mut Desk, items: Vec<Item>, end: &WalletEnd) {
        if items.is_empty() && !desk.is_live {
            return self.go_live(desk, end);
        }
        if desk.unacknowledged.is_empty() {
            desk.acknowledges_at = Instant::now() + self.habits.slowness;
        }
        let ids = self.worth_acknowledging(items.into_iter().map(|item| item.id).collect());
        desk.unacknowledged.extend(ids);
        if desk.unacknowledged.is_empty() && !desk.is_live {
            self.go_live(desk, end);
        }
    }

    fn go_live(&mut self, desk: &mut Desk, end: &WalletEnd) {
        desk.is_live = true;
        end.say(&client::live_delivery_change(desk.dialect, &self.agent.id(), true));
    }

    async fn acknowledge(&mut self, desk: &mut Desk, end: &WalletEnd) {
        let ids = std::mem::take(&mut desk.unacknowledged);
        let words = client::messages_received(desk.dialect, &self.agent.id(), &ids);
        if !desk.acks_by_request {
            return end.say(&words);
        }
        if self.acknowledge_by_request(&words, &ids).await.is_none() {
            // Nobody knows whether it was heard: once more, a little later.
            desk.unacknowledged = ids;
            desk.acknowledges_at = Instant::now() + super::BREATH;
            return;
        }
        end.say(&client::status_request(desk.dialect, &self.agent.id(), None));
    }
}
