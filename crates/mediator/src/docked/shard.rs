//! A part of all sockets at docks, served by one instance at a time.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use store::{
    Demand, Epoch, Holder, Job, JobId, Position, QueueName, RecipientId, Result, StoreError,
    Ticket, Timestamp,
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::lost::LostDocks;
use super::register::{Entry, Register};
use super::slip::{Errand, Slip};
use super::visit::Visit;
use super::{BerthId, Event, Note, Outlet, Reach};
use crate::{Answer, CloseReason, Mediator};

/// How many parts there are.
pub(super) const SHARDS: u8 = 64;

/// How long a job stays in the hands of an instance that is dead. Jobs in living hands are claimed again and again.
const LEASE: Duration = Duration::from_secs(4);

/// Jobs that are claimed at a time.
const PAGE: usize = 128;

/// Jobs in hand, beyond which none are claimed.
const IN_HAND: usize = 1_024;

/// For so long it is remembered which sockets have ended, because of what they said before they knew it.
const REMEMBERED: Duration = Duration::from_secs(60);

const STORE_AWAY: Duration = Duration::from_secs(1);

/// A part that this instance serves.
pub(super) struct Shard {
    pub number: u8,
    pub office: Arc<Mediator>,
    pub outlet: Arc<dyn Outlet>,
    pub lost_docks: Arc<LostDocks>,
    /// Fires when somebody else is to serve it.
    pub let_go: CancellationToken,
    /// Fires when it can be.
    pub gone: CancellationToken,
    pub tasks: TaskTracker,
    queue: QueueName,
    epoch: AtomicU64,
    open: AtomicBool,
    is_lost: AtomicBool,
    is_nobodys: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    visits: HashMap<BerthId, Visitor>,
    ended: HashMap<BerthId, Timestamp>,
    in_hand: HashSet<JobId>,
    put_back: Vec<Ticket>,
}

struct Visitor {
    errands: UnboundedSender<Errand>,
    reach: Reach,
}

/// Which part a socket belongs to, the same in all versions: FNV-1a, stirred because docks may count their sockets.
pub(super) fn shard_of(berth: &BerthId) -> u8 {
    let hash = berth
        .as_str()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let stirred = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    (stirred >> 24) as u8 % SHARDS
}

/// A part looks like a recipient to the store, so that it can be claimed and have a mailbox. No recipient has such an id: they are
/// hashes. Parts differ in the first byte because engines spread recipients by it.
pub(super) fn id_of(number: u8) -> RecipientId {
    let mut id = *b"?sockets at dock";
    id[0] = number.wrapping_mul(u8::MAX / SHARDS + 1);
    RecipientId(id)
}

/// Where events of this part wait.
pub(super) fn queue_of(number: u8) -> QueueName {
    let name = format!("dock.in.{number}");
    name.parse().unwrap_or_else(|_| unreachable!("dots, letters and digits"))
}

impl Shard {
    pub fn new(
        number: u8,
        epoch: Epoch,
        office: Arc<Mediator>,
        outlet: Arc<dyn Outlet>,
        lost_docks: Arc<LostDocks>,
    ) -> Self {
        Self {
            number,
            office,
            outlet,
            lost_docks,
            let_go: CancellationToken::new(),
            gone: CancellationToken::new(),
            tasks: TaskTracker::new(),
            queue: queue_of(number),
            epoch: AtomicU64::new(epoch.0),
            open: AtomicBool::new(false),
            is_lost: AtomicBool::new(false),
            is_nobodys: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    pub fn id(&self) -> RecipientId {
        id_of(self.number)
    }

    pub fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Relaxed))
    }

    pub fn register(&self) -> Register<'_> {
        Register { office: &self.office, shard: self.id() }
    }

    /// It is not ours any more. If it is nobody's, the store has lost what it knew: then sockets are closed, and their wallets
    /// come again.
    pub async fn lose(&self) {
        let located = self.office.stores.presence.locate(self.id(), self.office.clock.now()).await;
        let is_elsewhere = matches!(located, Ok(Some(other)) if other.claimant.instance != self.office.postman.instance);
        tracing::warn!(shard = self.number, is_elsewhere, "a shard of sockets at docks was lost");
        self.is_lost.store(true, Ordering::Release);
        self.is_nobodys.store(!is_elsewhere, Ordering::Release);
    }

    /// Whether somebody else may have taken it over.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    /// Whether the store has forgotten all about it.
    pub fn is_nobodys(&self) -> bool {
        self.is_nobodys.load(Ordering::Acquire)
    }

    /// Whether nobody has taken it over.
    pub async fn is_ours(&self) -> bool {
        let holder = Holder::Session(self.epoch());
        let now = self.office.clock.now();
        let leased = self
            .office
            .stores
            .mailbox
            .lease(self.id(), holder, now + LEASE, &Demand::NOTHING)
            .await;
        let is_ours = leased != Err(StoreError::Displaced);
        self.is_lost.fetch_or(!is_ours, Ordering::AcqRel);
        is_ours
    }

    /// Deals with an event at once. `false` if it is better put in the queue: then it was not dealt with, or not all of it.
    pub async fn deal_with(self: &Arc<Self>, note: Note) -> bool {
        if !self.open.load(Ordering::Acquire) {
            return false;
        }
        let (slip, done) = Slip::answer();
        self.pass_on(note, slip);
        done.await.is_ok()
    }

    /// Passes an event on to the socket that it happened on.
    fn pass_on(self: &Arc<Self>, note: Note, slip: Slip) {
        let Note { berth, reach, event } = note;
        let mut errand = Errand { event, slip };
        let mut state = self.state.lock();
        if let Some(visitor) = state.visits.get(&berth) {
            match visitor.errands.send(errand) {
                Ok(()) => return,
                Err(unsent) => errand = unsent.0,
            }
        }
        let has_ended = state.ended.contains_key(&berth);
        match (errand.event, reach) {
            (Event::Closed | Event::Pong(_), _) => errand.slip.settle(),
            (Event::Frame(bytes), reach) if has_ended => {
                drop(state);
                self.tasks.spawn(self.clone().hear_late(berth, reach, bytes, errand.slip));
            }
            (event, Some(reach)) if !has_ended => {
                let errands = self.admit(&mut state, berth, reach, |visit| visit);
                // A visit that has just begun takes errands.
                drop(errands.send(Errand { event, slip: errand.slip }));
            }
            _ => errand.slip.settle(),
        }
    }

    fn admit(
        self: &Arc<Self>,
        state: &mut State,
        berth: BerthId,
        reach: Reach,
        with: impl FnOnce(Visit) -> Visit,
    ) -> UnboundedSender<Errand> {
        let (errands, coming) = unbounded_channel();
        let visit = with(Visit::new(self.clone(), berth.clone(), reach.clone(), coming));
        state.visits.insert(berth, Visitor { errands: errands.clone(), reach });
        self.tasks.spawn(visit.run());
        errands
    }

    /// A frame from a socket that we have closed, sent before it knew. What it wants us to pass on is passed on, and it is
    /// closed once more.
    async fn hear_late(
        self: Arc<Self>,
        berth: BerthId,
        reach: Option<Reach>,
        bytes: bytes::Bytes,
        slip: Slip,
    ) {
        if !matches!(self.office.post(&bytes).await, Answer::Cut) {
            slip.settle();
        }
        if let Some(reach) = reach {
            self.outlet.close(&berth, &reach, CloseReason::GoingAway).await;
        }
    }

    /// A socket has ended.
    pub fn forget(&self, berth: &BerthId) {
        let mut state = self.state.lock();
        state.visits.remove(berth);
        state.ended.insert(berth.clone(), self.office.clock.now() + REMEMBERED);
    }

    /// A dock is gone, and all its sockets with it.
    pub fn forget_dock(&self, dock: &str) {
        let state = self.state.lock();
        for visitor in state.visits.values().filter(|visitor| visitor.reach.dock() == dock) {
            // One that does not hear it has ended.
            drop(visitor.errands.send(Errand { event: Event::Closed, slip: Slip::nobody() }));
        }
    }

    /// The docks with queues that its sockets are at.
    pub fn docks_with_queues(&self) -> BTreeSet<String> {
        let state = self.state.lock();
        let docks = state.visits.values().filter_map(|visitor| match &visitor.reach {
            Reach::Queue(dock) => Some(dock.clone()),
            Reach::Http { .. } => None,
        });
        docks.collect()
    }

    /// Forgets which sockets ended a while ago.
    pub fn tidy_up(&self) {
        let now = self.office.clock.now();
        self.state.lock().ended.retain(|_, until| *until > now);
    }

    /// Takes over what the register says, and is open from then on.
    pub async fn take_over(self: &Arc<Self>) {
        let entries = loop {
            match self.register().read().await {
                Ok(entries) => break entries,
                Err(error) => tracing::debug!(%error, "a register of sockets could not be read"),
            }
            if self.let_go.run_until_cancelled(sleep(STORE_AWAY)).await.is_none() {
                return;
            }
        };
        if !entries.is_empty() {
            tracing::info!(shard = self.number, sockets = entries.len(), "sockets are taken over");
        }
        let mut state = self.state.lock();
        for (position, entry) in entries.into_values() {
            self.go_on_with(&mut state, position, entry);
        }
        drop(state);
        self.open.store(true, Ordering::Release);
    }

    fn go_on_with(self: &Arc<Self>, state: &mut State, position: Position, entry: Entry) {
        let Entry { berth, reach, profile } = entry;
        self.admit(state, berth, reach, |visit| visit.resumed(position, profile));
    }

    /// Claims what waits and passes it on. Says how long to wait for more.
    pub async fn fetch(self: &Arc<Self>, idle: Duration) -> Duration {
        loop {
            if self.state.lock().in_hand.len() >= IN_HAND {
                return STORE_AWAY;
            }
            let now = self.office.clock.now();
            let claim = match self.office.stores.queue.claim(&self.queue, PAGE, now + LEASE).await {
                Ok(claim) => claim,
                Err(error) => {
                    tracing::debug!(%error, "events at docks could not be claimed");
                    return STORE_AWAY;
                }
            };
            let is_all = claim.jobs.len() < PAGE;
            claim.jobs.into_iter().for_each(|job| self.take(job));
            if is_all {
                return claim.next.map_or(idle, |next| next.since(now).min(idle));
            }
        }
    }

    fn take(self: &Arc<Self>, job: Job) {
        if !self.state.lock().in_hand.insert(job.ticket.id) {
            return;
        }
        let slip = Slip::job(self, job.ticket);
        match Note::from_job(&job.body) {
            Some(note) => self.pass_on(note, slip),
            None => {
                tracing::warn!("something that is no event at a dock is thrown away");
                slip.settle();
            }
        }
    }

    /// A job is done.
    pub fn finish(self: &Arc<Self>, ticket: Ticket) {
        let shard = self.clone();
        self.tasks.spawn(async move {
            while shard.office.stores.queue.finish(&shard.queue, ticket).await.is_err() {
                if shard.let_go.run_until_cancelled(sleep(STORE_AWAY)).await.is_none() {
                    break;
                }
            }
            shard.state.lock().in_hand.remove(&ticket.id);
        });
    }

    /// A job is not done. It comes again, here or elsewhere.
    pub fn put_back(&self, ticket: Ticket) {
        let mut state = self.state.lock();
        state.in_hand.remove(&ticket.id);
        if self.let_go.is_cancelled() {
            state.put_back.push(ticket);
        }
    }

    /// Lets go of everything, so that somebody else can take it over at once.
    pub async fn leave(&self) -> Result<()> {
        self.open.store(false, Ordering::Release);
        self.let_go.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        let put_back = std::mem::take(&mut self.state.lock().put_back);
        for ticket in put_back {
            self.office.stores.queue.defer(&self.queue, ticket, Timestamp(0)).await?;
        }
        self.office.stores.presence.release(self.id(), self.epoch()).await?;
        let holder = Holder::Session(self.epoch());
        self.office.stores.mailbox.release(self.id(), holder, Duration::ZERO).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_spread_over_all_parts() {
        let mut counts = [0_u32; SHARDS as usize];
        for number in 0..6_400_u128 {
            let berth = format!("{number:032x}").parse();
            counts[usize::from(shard_of(&berth.unwrap()))] += 1;
        }
        assert!(counts.iter().all(|count| (50..200).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_part_of_a_socket_never_changes() {
        assert_eq!(shard_of(&"a".parse().unwrap()), 11);
        assert_eq!(shard_of(&"0123456789abcdef0123456789abcdef".parse().unwrap()), 16);
    }

    #[test]
    fn parts_have_ids_and_queues_of_their_own() {
        let ids: HashSet<_> = (0..SHARDS).map(|number| id_of(number).0[0]).collect();
        let queues: HashSet<_> = (0..SHARDS).map(|number| queue_of(number).to_string()).collect();
        assert_eq!((ids.len(), queues.len()), (64, 64));
    }
}
