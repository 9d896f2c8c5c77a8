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
    /// Sockets end at docks: mediators hear of their ends a moment later, and what they send meanwhile is swallowed.
    pub docked: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            wallets: 8,
            rate: 100,
            back_after: Duration::from_millis(100),
            moves_every: None,
            docked: false,
        }
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
    gaps: Mutex<Vec<Gap>>,
    /// How sockets ended that the wallet did not end.
    ends: Mutex<Vec<Frame>>,
    /// Statuses other than 2xx that senders were answered with.
    refusals: Mutex<Vec<(u16, String)>>,
}

/// Everything has arrived after this long, when nothing is disturbed any more.
const SETTLES_WITHIN: Duration = Duration::from_secs(60);

/// Some messages are accepted within this, whatever happens to the engine.
const GOES_ON_WITHIN: Duration = Duration::from_secs(60);

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
        Self::apart(wallets, places, places, plan, history).await
    }

    /// The same where sockets and envelopes go to different places.
    pub async fn apart(
        wallets: Vec<Arc<Wallet>>,
        sockets: &[SocketAddr],
        posts: &[SocketAddr],
        plan: Plan,
        history: &History,
    ) -> Self {
        let ledger = Arc::<Ledger>::default();
        let mut random = Random::seeded(0x10ad);
        let mut listeners = Vec::new();
        let mut live = Vec::new();
        for wallet in &wallets {
            let (listener, is_live) =
                listener::Listener::new(wallet, sockets, plan, random.fork(), ledger.clone());
            listeners.push(tokio::spawn(listener.run()));
            live.push(is_live);
        }
        join_all(live).await;
        let stop = CancellationToken::new();
        let desk = sender::Desk::new(&wallets, posts, plan.rate, random, ledger.clone());
        let senders = tokio::spawn(desk.run(stop.clone(), history.clone()));
        let history = history.clone();
        Self { history, ledger, wallets, listeners, senders, sending: stop.drop_guard() }
    }

    /// The wallets.
    pub fn wallets(&self) -> &[Arc<Wallet>] {
        &self.wallets
    }

    /// Waits until so many more messages have been accepted.
    ///
    /// # Panics
    /// If that takes too long.
    pub async fn goes_on_for(&self, messages: usize) {
        let enough = self.history.accepted_count() + messages;
        let deadline = Instant::now() + GOES_ON_WITHIN;
        while self.history.accepted_count() < enough {
            let accepted = self.history.accepted_count();
            assert!(Instant::now() < deadline, "{accepted} messages were taken, and no more");
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

/// A time that a wallet spent without a socket on which it was served. It may have waited longer until it was live: it fetches what
/// waits first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// From the end of one to the first answer on the next.
    pub length: Duration,
    /// How often the wallet dialled for that.
    pub dials: u32,
}

/// What a load was like, beside its history.
#[derive(Debug)]
pub struct Settled {
    /// Each time that a wallet was without a socket and was served again.
    pub gaps: Vec<Gap>,
    /// How sockets ended that the wallet did not end.
    pub ends: Vec<Frame>,
}

impl Settled {
    /// The longest of the gaps.
    pub fn longest_gap(&self) -> Duration {
        self.gaps.iter().map(|gap| gap.length).max().unwrap_or_default()
    }

    /// How often a wallet dialled at most until it was served.
    pub fn most_dials(&self) -> u32 {
        self.gaps.iter().map(|gap| gap.dials).max().unwrap_or_default()
    }
}
