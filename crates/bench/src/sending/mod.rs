//! Senders: in a closed loop, or at a fixed rate.

mod metronome;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use reqwest::Url;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::ledger::{Ledger, Round};
use crate::letters::{Letter, Letters};
use crate::plan::Pace;
use crate::progress::Bar;
use crate::trouble::Trouble;
use crate::wallet::Wallet;
use crate::wire::{Posted, Poster};
use metronome::Metronome;

/// Those who write.
pub(crate) struct Senders {
    ledger: Arc<Ledger>,
    letters: Arc<Letters>,
    poster: Poster,
    /// Where each wallet is written to.
    entrances: Vec<Url>,
    patience: Duration,
}

/// When a client's message is through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    /// When the mediator has taken it.
    Accepted,
    /// When the wallet has it.
    Arrived,
}

/// When to end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// After this time.
    After(Duration),
    /// After so many messages.
    Messages(u64),
}

/// One round of writing.
pub(crate) struct Writing {
    /// How fast.
    pub pace: Pace,
    /// How much faster at this time since the start, if it changes.
    pub burst: fn(Duration) -> f64,
    /// When a client's message is through.
    pub through: Through,
    /// When to end.
    pub end: End,
    /// Which round it is.
    pub round: Round,
    /// Ends it before.
    pub stop: CancellationToken,
    /// Counts messages.
    pub bar: Bar,
}

/// At a fixed rate, so many posts are under way at most; what is due meanwhile waits, and its latency counts.
const UNDER_WAY: usize = 1_024;

/// How many messages a closed loop, whose speed nobody knows before, has ready for each of its first seconds.
const READY_FOR_A_SECOND: f64 = 5_000.0;

/// A client whose message was not taken tries the next one after this.
const AFTER_A_FAILURE: Duration = Duration::from_millis(100);

/// No faster and no slower, at any time.
pub(crate) fn steady(_: Duration) -> f64 {
    1.0
}

impl Senders {
    /// Senders to these wallets.
    ///
    /// # Errors
    /// If a mediator takes no posts.
    pub fn new(
        wallets: &[Arc<Wallet>],
        ledger: &Arc<Ledger>,
        letters: &Arc<Letters>,
        poster: &Poster,
        patience: Duration,
    ) -> Result<Arc<Self>, Trouble> {
        let entrances: Result<Vec<Url>, Trouble> =
            wallets.iter().map(|wallet| wallet.entrance.http()).collect();
        Ok(Arc::new(Self {
            ledger: ledger.clone(),
            letters: letters.clone(),
            poster: poster.clone(),
            entrances: entrances?,
            patience,
        }))
    }

    /// Seals ahead what will be needed, as far as that is known.
    pub async fn prepare(&self, pace: Pace, end: End, burst: fn(Duration) -> f64) {
        let count = match (end, pace) {
            (End::Messages(messages), _) => messages as usize,
            (End::After(time), Pace::Rate(rate)) => (rate * seconds_of(time, burst)) as usize,
            (End::After(time), Pace::Clients(_)) => {
                (READY_FOR_A_SECOND * time.as_secs_f64().min(4.0)) as usize
            }
        };
        self.letters.prepare(count).await;
    }

    /// Writes, and returns how long that took, answers included.
    pub async fn write(self: &Arc<Self>, writing: Writing) -> Duration {
        let started = Instant::now();
        match writing.pace {
            Pace::Clients(clients) => self.closed_loop(clients, writing, started).await,
            Pace::Rate(rate) => self.fixed_rate(rate, &writing, started).await,
        }
        started.elapsed()
    }

    async fn closed_loop(self: &Arc<Self>, clients: usize, writing: Writing, start: Instant) {
        let turns = Arc::new(Turns { writing, start, taken: AtomicU64::default() });
        let clients = (0..clients).map(|_| self.clone().client(turns.clone()));
        clients.collect::<JoinSet<()>>().join_all().await;
    }

    async fn client(self: Arc<Self>, turns: Arc<Turns>) {
        let writing = &turns.writing;
        while turns.take() {
            // One that comes late must not be taken for the next.
            let (letter, told) = (self.letters.next(), Arc::new(Notify::new()));
            let tell = (writing.through == Through::Arrived).then(|| told.clone());
            self.ledger.posted(letter.parcel, None, writing.round, tell);
            let taken = self.post(letter).await;
            writing.bar.advance();
            match (taken, writing.through) {
                (false, _) => sleep(AFTER_A_FAILURE).await,
                (true, Through::Accepted) => {}
                (true, Through::Arrived) => self.wait(&told, &writing.stop).await,
            }
        }
    }

    /// Waits until a message has arrived. One that does not come is counted as lost later, and the client goes on.
    async fn wait(&self, told: &Notify, stop: &CancellationToken) {
        tokio::select! {
            _ = timeout(self.patience, told.notified()) => {}
            () = stop.cancelled() => {}
        }
    }

    async fn fixed_rate(self: &Arc<Self>, rate: f64, writing: &Writing, start: Instant) {
        let (ticks, mut ticking) = tokio::sync::mpsc::unbounded_channel();
        let (going, gone) = channel::<()>();
        let metronome = Metronome { rate, burst: writing.burst, end: writing.end, start };
        tokio::task::spawn_blocking(move || metronome.run(&gone, |due| ticks.send(due).is_ok()));
        let (room, mut under_way) = (Arc::new(Semaphore::new(UNDER_WAY)), JoinSet::new());
        loop {
            let due = tokio::select! {
                due = ticking.recv() => due,
                () = writing.stop.cancelled() => None,
            };
            let Some(due) = due else { break };
            under_way.spawn(self.clone().post_at(
                due,
                writing.round,
                room.clone(),
                writing.stop.clone(),
            ));
            writing.bar.advance();
            while under_way.try_join_next().is_some() {}
        }
        drop(going);
        while under_way.join_next().await.is_some() {}
    }

    async fn post_at(
        self: Arc<Self>,
        due: Instant,
        round: Round,
        room: Arc<Semaphore>,
        stop: CancellationToken,
    ) {
        let Ok(_place) = room.acquire().await else { return };
        if stop.is_cancelled() {
            return;
        }
        let letter = self.letters.next();
        self.ledger.posted(letter.parcel, Some(due), round, None);
        self.post(letter).await;
    }

    /// Posts a letter, and says whether it was taken.
    async fn post(&self, letter: Letter) -> bool {
        let Letter { parcel, envelope } = letter;
        let why = match self.poster.post(&self.entrances[parcel.to as usize], envelope).await {
            // What an answer to a forward says is between the sender and nobody.
            Posted::Accepted | Posted::Answered(_) => {
                self.ledger.accepted(parcel);
                return true;
            }
            Posted::Refused(status, _) => format!("HTTP status {status}"),
            Posted::Cut(why) => why,
        };
        self.ledger.failed(&why);
        false
    }
}

/// How many seconds of the usual rate there are in this time.
fn seconds_of(time: Duration, burst: fn(Duration) -> f64) -> f64 {
    const STEP: Duration = Duration::from_millis(100);
    let steps = (time.as_secs_f64() / STEP.as_secs_f64()).ceil() as u32;
    (0..steps).map(|step| burst(STEP * step) * STEP.as_secs_f64()).sum()
}

/// Who may write the next message in a closed loop.
struct Turns {
    writing: Writing,
    start: Instant,
    taken: AtomicU64,
}

impl Turns {
    fn take(&self) -> bool {
        let goes_on = match self.writing.end {
            End::After(time) => self.start.elapsed() < time,
            End::Messages(messages) => self.taken.fetch_add(1, Ordering::Relaxed) < messages,
        };
        goes_on && !self.writing.stop.is_cancelled()
    }
}
