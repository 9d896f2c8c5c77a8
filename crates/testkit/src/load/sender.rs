use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::Ledger;
use crate::{Agent, History, Parcel, Posted, Random, Wallet};

/// Where messages are written and handed in.
pub(super) struct Desk {
    recipients: Vec<Arc<Agent>>,
    places: Vec<SocketAddr>,
    rate: u32,
    random: Random,
    ledger: Arc<Ledger>,
}

/// A sender whose connection was cut tries again, elsewhere, after this.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// A message that nobody has taken after this long is never taken.
const TAKEN_WITHIN: Duration = Duration::from_secs(60);

/// What the test calls all senders.
const SENDER: u32 = u32::MAX;

impl Desk {
    pub fn new(
        wallets: &[Arc<Wallet>],
        places: &[SocketAddr],
        rate: u32,
        random: Random,
        ledger: Arc<Ledger>,
    ) -> Self {
        let recipients = wallets.iter().map(|wallet| wallet.agent().clone()).collect();
        Self { recipients, places: places.to_owned(), rate, random, ledger }
    }

    /// Writes until it is stopped, and waits until everything is accepted.
    pub async fn run(mut self, stop: CancellationToken, history: History) {
        let sender = Arc::new(Wallet::stranger(self.places[0], SENDER, &history));
        let mut ticks = interval(Duration::from_secs(1) / self.rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut under_way = JoinSet::new();
        for turn in 0.. {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => break,
            }
            under_way.spawn(self.letter(turn, &sender).hand_in());
            while let Some(done) = under_way.try_join_next() {
                done.expect("a letter is handed in");
            }
        }
        under_way.join_all().await;
    }

    fn letter(&mut self, turn: usize, sender: &Arc<Wallet>) -> Letter {
        let to = self.recipients[turn % self.recipients.len()].clone();
        let number = u32::try_from(turn / self.recipients.len()).expect("a load ends before that");
        let parcel = Parcel { to: to.number, number };
        let (sender, places) = (sender.clone(), self.places.clone());
        Letter {
            to,
            parcel,
            sender,
            places,
            random: self.random.fork(),
            ledger: self.ledger.clone(),
        }
    }
}

struct Letter {
    to: Arc<Agent>,
    parcel: Parcel,
    sender: Arc<Wallet>,
    places: Vec<SocketAddr>,
    random: Random,
    ledger: Arc<Ledger>,
}

impl Letter {
    /// Tries one place after the other until somebody has taken it, or refused it.
    async fn hand_in(mut self) {
        let deadline = Instant::now() + TAKEN_WITHIN;
        loop {
            assert!(Instant::now() < deadline, "nobody takes {:?}", self.parcel);
            let sender = self.sender.by_way_of(*self.random.pick(&self.places));
            match sender.send_envelope(&self.to, self.parcel, &self.parcel.write()).await {
                Posted::Cut => sleep(AGAIN_AFTER).await,
                Posted::Refused(status, words) => {
                    return self.ledger.refusals.lock().push((status, words));
                }
                Posted::Accepted | Posted::Answered(_) => return,
            }
        }
    }
}
