//! What was written, accepted and delivered, and when.

mod mail;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use simulated::Parcel;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::report::Faults;
pub(crate) use mail::Mail;
use mail::Mailbox;

/// The rounds of a run. What is written in round 0 warms up, and is checked, but not timed.
pub(crate) type Round = u16;

/// Everything that was written in one run, to every wallet. Rounds share it, so that what comes late is known and what comes twice
/// is noticed.
pub(crate) struct Ledger {
    start: Instant,
    mailboxes: Vec<Mutex<Mailbox>>,
    misdelivered: AtomicU64,
    sockets_lost: AtomicU64,
    arrived: AtomicU64,
    /// What went wrong with posts.
    failures: Mutex<Faults>,
}

impl Ledger {
    /// An empty one for wallets with the numbers below `wallets`.
    pub fn new(wallets: u32) -> Self {
        Self {
            // Nothing happens at 0, which stands for never.
            start: Instant::now() - Duration::from_millis(1),
            mailboxes: (0..wallets).map(|_| Mutex::default()).collect(),
            misdelivered: AtomicU64::default(),
            sockets_lost: AtomicU64::default(),
            arrived: AtomicU64::default(),
            failures: Mutex::default(),
        }
    }

    /// A new message to this wallet, not yet posted.
    pub fn reserve(&self, to: u32) -> Parcel {
        let number = self.mailboxes[to as usize].lock().reserve();
        Parcel { to, number }
    }

    /// A message is about to be posted that should have been at `due`, if that is another time; `told` is notified when it arrives.
    pub fn posted(
        &self,
        parcel: Parcel,
        due: Option<Instant>,
        round: Round,
        told: Option<Arc<Notify>>,
    ) {
        let now = self.now();
        let due = due.map_or(now, |due| self.at(due));
        let mut mailbox = self.mailboxes[parcel.to as usize].lock();
        let session = mailbox.sessions;
        *mailbox.mail(parcel.number) =
            Mail { due, posted: now, round, session, told, ..Mail::default() };
    }

    /// The mediator has taken it.
    pub fn accepted(&self, parcel: Parcel) {
        let now = self.now();
        self.mailboxes[parcel.to as usize].lock().mail(parcel.number).accepted = now;
    }

    /// The mediator has not taken one, or nobody knows.
    pub fn failed(&self, why: &str) {
        self.failures.lock().fail(why);
    }

    /// Something else went wrong, that the report has to name.
    pub fn noted(&self, why: &str) {
        self.failures.lock().note(why);
    }

    /// The wallet of this number was handed something.
    pub fn arrived(&self, at: u32, parcel: Option<Parcel>) {
        let now = self.now();
        let parcel = parcel.filter(|parcel| parcel.to == at);
        let fresh = parcel
            .and_then(|parcel| self.mailboxes[at as usize].lock().arrived(parcel.number, now));
        match fresh {
            Some(true) => self.arrived.fetch_add(1, Ordering::Relaxed),
            Some(false) => 0,
            None => self.misdelivered.fetch_add(1, Ordering::Relaxed),
        };
    }

    /// The wallet of this number holds a socket from now on.
    pub fn goes_live(&self, number: u32) {
        self.mailboxes[number as usize].lock().sessions += 1;
    }

    /// It does not any more.
    pub fn leaves(&self, number: u32) {
        self.mailboxes[number as usize].lock().sessions += 1;
    }

    /// A socket has ended that its wallet did not end.
    pub fn socket_lost(&self) {
        self.sockets_lost.fetch_add(1, Ordering::Relaxed);
    }

    /// How many messages have arrived.
    pub fn arrived_count(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }

    /// How many messages to this wallet were accepted and have not arrived.
    pub fn owed(&self, to: u32) -> usize {
        self.mailboxes[to as usize].lock().owed()
    }

    /// How many messages were accepted and have not arrived.
    pub fn missing(&self) -> usize {
        self.mailboxes.iter().map(|mailbox| mailbox.lock().owed()).sum()
    }

    /// When the last message of a round arrived.
    pub fn last_arrival(&self, round: Round) -> Option<Instant> {
        let mut last = 0;
        self.each(round, |mail| last = last.max(mail.arrived));
        (last > 0).then(|| self.start + Duration::from_micros(last))
    }

    /// Looks at every message of a round.
    pub fn each(&self, round: Round, mut look: impl FnMut(&Mail)) {
        for mailbox in &self.mailboxes {
            mailbox.lock().each().filter(|mail| mail.is_of(round)).for_each(&mut look);
        }
    }

    /// Everything that went wrong until now.
    pub fn faults(&self) -> Faults {
        let mut faults = Faults {
            misdelivered: self.misdelivered.load(Ordering::Relaxed),
            sockets_lost: self.sockets_lost.load(Ordering::Relaxed),
            ..self.failures.lock().clone()
        };
        self.mailboxes.iter().for_each(|mailbox| mailbox.lock().count(&mut faults));
        faults
    }

    fn now(&self) -> u64 {
        self.at(Instant::now())
    }

    /// Microseconds since the start.
    fn at(&self, when: Instant) -> u64 {
        when.saturating_duration_since(self.start).as_micros() as u64
    }
}
