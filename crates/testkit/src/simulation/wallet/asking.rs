//! Wallets on a socket that are not live.

use std::time::Duration;

use protocols::client;
use protocols::pickup::V2_0;
use tokio::time::{sleep, timeout};

use super::Visit;
use crate::simulation::wire::WalletEnd;
use crate::{Heard, Words};

/// A wallet gives up on an answer after this long.
const PATIENCE: Duration = Duration::from_secs(10);

impl Visit {
    /// A ping with return route, and bare envelopes from then on. Now and then it pings again.
    pub(super) async fn implicit(&mut self) {
        let mut end = self.dial().await;
        loop {
            let response = self.random.chance(20);
            let words = match self.random.chance(50) {
                true => client::ping(&self.agent.id(), response),
                false => client::noop(&self.agent.id()),
            };
            end.say(&words);
            let again = self.random.millis(5_000..60_000);
            let listening = async { while end.hear().await.is_some() {} };
            if timeout(again, listening).await.is_ok() {
                return;
            }
        }
    }

    pub(super) async fn batch_socket(&mut self) {
        let mut end = self.dial().await;
        loop {
            end.say(&client::batch_pickup(&self.agent.id(), self.habits.appetite));
            match self.answer(&mut end).await {
                Some(Words::Batch(items)) if !items.is_empty() => {}
                Some(_) => self.rest(&mut end).await,
                None => return,
            }
        }
    }

    pub(super) async fn polling_socket(&mut self) {
        let mut end = self.dial().await;
        loop {
            end.say(&client::status_request(&V2_0, &self.agent.id(), None));
            let Some(words) = self.answer(&mut end).await else { return };
            if !matches!(words, Words::Status { messages: 1.., .. }) {
                self.rest(&mut end).await;
                continue;
            }
            end.say(&client::delivery_request(&V2_0, &self.agent.id(), self.habits.appetite, None));
            let Some(words) = self.answer(&mut end).await else { return };
            let ids = words.items().iter().map(|item| item.id.clone()).collect();
            let ids = self.worth_acknowledging(ids);
            end.say(&client::messages_received(&V2_0, &self.agent.id(), &ids));
            if self.answer(&mut end).await.is_none() {
                return;
            }
        }
    }

    /// The next words. `None` if none come.
    async fn answer(&mut self, end: &mut WalletEnd) -> Option<Words> {
        match timeout(PATIENCE, end.hear()).await.ok()?? {
            Heard::Words(words) => Some(words),
            Heard::Mail(parcel) => {
                self.world.complain(format!(
                    "{parcel:?} came bare to a wallet that had asked for deliveries"
                ));
                None
            }
        }
    }

    /// Waits for the next poll, answering pings.
    async fn rest(&mut self, end: &mut WalletEnd) {
        let listening = async { while end.hear().await.is_some() {} };
        tokio::join!(sleep(self.habits.interval), timeout(self.habits.interval, listening)).0;
    }
}
