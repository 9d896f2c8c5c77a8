use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use protocols::client;
use protocols::pickup::V2_0;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::{Gap, Ledger, Plan};
use crate::{Frame, Heard, Item, Random, Socket, Wallet, Words};

/// A wallet that wants to be live, at whichever place.
pub(super) struct Listener {
    wallet: Arc<Wallet>,
    places: Vec<SocketAddr>,
    plan: Plan,
    random: Random,
    ledger: Arc<Ledger>,
    /// Since when nobody has served it, and how often it has dialled since.
    longing: Option<(Instant, u32)>,
    first: Option<oneshot::Sender<()>>,
}

/// How one socket ended.
enum End {
    /// The wallet went elsewhere.
    Left,
    /// The other side, or the network, ended it.
    Ended(Frame),
}

/// Messages that Credo asks for at a time.
const BATCH: i64 = 10;

/// A wallet that asked and heard nothing asks again.
const ASKS_AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Listener {
    /// One that listens as soon as it runs, and a promise that is kept when it is live for the first time.
    pub fn new(
        wallet: &Arc<Wallet>,
        places: &[SocketAddr],
        plan: Plan,
        random: Random,
        ledger: Arc<Ledger>,
    ) -> (Self, oneshot::Receiver<()>) {
        let (first, is_live) = oneshot::channel();
        let (wallet, places) = (wallet.clone(), places.to_owned());
        let first = Some(first);
        (Self { wallet, places, plan, random, ledger, longing: None, first }, is_live)
    }

    /// Listens for ever.
    pub async fn run(mut self) {
        loop {
            let place = *self.random.pick(&self.places);
            if let Some((_, dials)) = &mut self.longing {
                *dials += 1;
            }
            if let Ok(mut socket) = self.wallet.by_way_of(place).try_dial().await {
                let end = self.listen(&mut socket).await;
                self.longing.get_or_insert_with(|| (Instant::now(), 0));
                if self.plan.docked {
                    self.wallet.line_frays();
                }
                match end {
                    End::Left => socket.leave().await,
                    End::Ended(end) => self.ledger.ends.lock().push(end),
                }
            }
            sleep(self.plan.back_after).await;
        }
    }

    async fn listen(&mut self, socket: &mut Socket) -> End {
        let leaving = leave_after(self.plan.moves_every, self.random.fork());
        tokio::pin!(leaving);
        socket.say(&self.status()).await;
        let mut is_live = false;
        loop {
            let heard = tokio::select! {
                heard = socket.hear_within(ASKS_AGAIN_AFTER) => heard,
                () = &mut leaving => return End::Left,
            };
            match heard {
                None if is_live => {}
                None => socket.say(&self.status()).await,
                Some(Frame::Heard(Heard::Words(words))) => {
                    self.is_served();
                    if let Some(answer) = self.answer(&words, &mut is_live) {
                        socket.say(&answer).await;
                    }
                }
                Some(end) => return End::Ended(end),
            }
        }
    }

    /// Fetches what waits, goes live, and acknowledges what comes.
    fn answer(&mut self, words: &Words, is_live: &mut bool) -> Option<Vec<u8>> {
        let id = self.wallet.agent().id();
        match words {
            Words::Delivery { items, .. } => Some(received(&id, items)),
            Words::Status { live: true, messages, .. } if !*is_live => {
                *is_live = true;
                self.is_live();
                (*messages > 0).then(|| client::delivery_request(&V2_0, &id, BATCH, None))
            }
            Words::Status { messages: 1.., .. } => {
                Some(client::delivery_request(&V2_0, &id, BATCH, None))
            }
            Words::Status { .. } if !*is_live => {
                Some(client::live_delivery_change(&V2_0, &id, true))
            }
            // A problem may pass: whoever is not live asks again.
            _ => None,
        }
    }

    fn is_served(&mut self) {
        if let Some((since, dials)) = self.longing.take() {
            self.ledger.gaps.lock().push(Gap { length: since.elapsed(), dials });
        }
    }

    fn is_live(&mut self) {
        // From here on nothing is sent on the last line any more.
        if self.plan.docked {
            self.wallet.line_replaced();
        }
        if let Some(first) = self.first.take() {
            // Nobody may be waiting for it.
            let _ = first.send(());
        }
    }

    fn status(&self) -> Vec<u8> {
        client::status_request(&V2_0, &self.wallet.agent().id(), None)
    }
}

fn received(id: &str, items: &[Item]) -> Vec<u8> {
    let ids: Vec<String> = items.iter().map(|item| item.id.clone()).collect();
    client::messages_received(&V2_0, id, &ids)
}

/// Somewhere between half and one and a half of `every`, so that not all leave at once.
async fn leave_after(every: Option<Duration>, mut random: Random) {
    match every {
        Some(every) => {
            let half = every.as_millis() as usize / 2;
            sleep(random.millis(half..3 * half)).await;
        }
        None => pending().await,
    }
}
