//! Live wallets that always come back, and those who write to them.

mod listener;
mod sender;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{Frame, History, Random, Wallet};

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Wallets, each with one live socket.
    pub wallets: u32,
    /// Messages a second, to one wallet after the other, each by way of any place.
    pub rate: u32,
    /// A wallet waits so long before it dials again.
    pub back_after: Duration,
    /// A wallet dials anew so often by itself, if it does at all.
    pub moves_every: Option<Duration>,
}

impl Default for Plan {
    fn default() -> Self {
        Self { wallets: 8, rate: 100, back_after: Duration::from_millis(100), moves_every: None }
    }
}

/// A load that runs until it is settled.
pub struct Load {
    history: History,
    ledger: Arc<Ledger>,
    wallets: Vec<Arc<Wallet>>,
    listeners: Vec<JoinHandle<()>>,
    senders: JoinHandle<()>,
    sending: DropGuard,
}

/// What the wallets and senders went through.
#[derive(Default)]
struct Ledger {
    /// How long each wallet was without a live socket, each time that one had ended.
    gaps: Mutex<Vec<Duration>>,
    /// How sockets ended that the wallet did not end.
    ends: Mutex<Vec<Frame>>,
    /// Statuses other than 2xx that senders were answered with.
    refusals: Mutex<Vec<(u16, String)>>,
}

/// Everything has arrived after this long, when nothing is disturbed any more.
const SETTLES_WITHIN: Duration = Duration::from_secs(60);

const LOOK_EVERY: Duration = Duration::from_millis(20);

impl Load {
    /// Makes wallets join by way of these places, one after the other, and starts to write to them when all are live.
    ///
    /// # Panics
    /// If one cannot join.
    pub async fn start(places: &[SocketAddr], plan: Plan, history: &History) -> Self {
        let joining = (0..plan.wallets).map(|number| {
            let place = places[number as usize % places.len()];
            Wallet::join_at(place, number, history)
        });
        let wallets = join_all(joining).await.into_iter().map(Arc::new).collect();
        Self::of(wallets, places, plan, history).await
    }

    /// The same with wallets that have joined.
    pub async fn of(
        wallets: Vec<Arc<Wallet>>,
        places: &[SocketAddr],
        plan: Plan,
        history: &History,
    ) -> Self {
        let ledger = Arc::<Ledger>::default();
        let mut random = Random::seeded(0x10ad);
        let mut listeners = Vec::new();
        let mut live = Vec::new();
        for wallet in &wallets {
            let (listener, is_live) =
                listener::Listener::new(wallet, places, plan, random.fork(), ledger.clone());
            listeners.push(tokio::spawn(listener.run()));
            live.push(is_live);
        }
        join_all(live).await;
        let stop = CancellationToken::new();
        let desk = sender::Desk::new(&wallets, places, plan.rate, random, ledger.clone());
        let senders = tokio::spawn(desk.run(stop.clone(), history.clone()));
        let history = history.clone();
        Self { history, ledger, wallets, listeners, senders, sending: stop.drop_guard() }
    }

    /// The wallets.
    pub fn wallets(&self) -> &[Arc<Wallet>] {
        &self.wallets
    }

    /// Waits until so many more messages have been accepted.
    pub async fn goes_on_for(&self, messages: usize) {
        let enough = self.history.accepted_count() + messages;
        while self.history.accepted_count() < enough {
            sleep(LOOK_EVERY).await;
        }
    }

    /// Ends the writing, waits until everything has arrived or does not seem to, and ends the listening.
    ///
    /// # Panics
    /// If a sender was refused, or cannot get rid of a message.
    pub async fn settle(self) -> Settled {
        drop(self.sending);
        self.senders.await.expect("the senders get rid of everything");
        let deadline = Instant::now() + SETTLES_WITHIN;
        while !self.history.missing().is_empty() && Instant::now() < deadline {
            sleep(LOOK_EVERY).await;
        }
        self.listeners.iter().for_each(JoinHandle::abort);
        let refusals = self.ledger.refusals.lock();
        assert_eq!(*refusals, [], "a sender takes any status for the end of it");
        Settled { gaps: self.ledger.gaps.lock().clone(), ends: self.ledger.ends.lock().clone() }
    }
}

/// What a load was like, beside its history.
#[derive(Debug)]
pub struct Settled {
    /// How long wallets were without a live socket, each time that one had ended.
    pub gaps: Vec<Duration>,
    /// How sockets ended that the wallet did not end.
    pub ends: Vec<Frame>,
}

impl Settled {
    /// The longest of the gaps.
    pub fn longest_gap(&self) -> Duration {
        self.gaps.iter().max().copied().unwrap_or_default()
    }
}
