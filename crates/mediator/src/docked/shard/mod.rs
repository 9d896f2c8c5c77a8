//! A part of all sockets at docks, served by one instance at a time.

mod events;
mod jobs;
mod part;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use store::{
    Demand, Epoch, Holder, JobId, Position, QueueName, RecipientId, Result, StoreError, Ticket,
    Timestamp,
};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::count::Count;
use super::lost::LostDocks;
use super::register::{Entry, Register};
use super::slip::Errand;
use super::{BerthId, Event, Holding, Outlet, Reach, pongs};
use crate::Mediator;
pub(super) use part::{SHARDS, events_of, id_of, shard_of};

/// How long a job stays in the hands of an instance that is dead. Jobs in living hands are claimed again and again.
const LEASE: Duration = Duration::from_secs(4);

const STORE_AWAY: Duration = Duration::from_secs(1);

/// For so long it is remembered which sockets have ended, because of what they said before they knew it, and what somebody recorded and
/// tells again: longer than a signature counts.
const REMEMBERED: Duration = Duration::from_secs(11 * 60);

/// A part that this instance serves.
pub(super) struct Shard {
    pub number: u8,
    pub office: Arc<Mediator>,
    pub outlet: Arc<dyn Outlet>,
    pub lost_docks: Arc<LostDocks>,
    /// Fires when somebody else is to serve it.
    pub surplus: CancellationToken,
    /// Fires then, or when somebody else does: its sockets part.
    pub let_go: CancellationToken,
    /// Fires when it can be.
    pub gone: CancellationToken,
    pub tasks: TaskTracker,
    queue: QueueName,
    epoch: AtomicU64,
    open: AtomicBool,
    is_lost: AtomicBool,
    is_nobodys: AtomicBool,
    /// The sockets in the register when they part, and their marks.
    registered: Mutex<Option<HashMap<BerthId, u64>>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    visits: HashMap<BerthId, Visitor>,
    ended: HashMap<BerthId, Past>,
    in_hand: HashSet<JobId>,
    put_back: Vec<Ticket>,
}

/// A socket that has ended.
struct Past {
    until: Timestamp,
    heard: Count,
}

impl State {
    /// Pongs that came on another way know a socket by its alias.
    fn visitor_of(&self, berth: &BerthId, event: &Event) -> Option<&Visitor> {
        let by_name = self.visits.get(berth);
        if by_name.is_some() || !matches!(event, Event::Pong(_)) {
            return by_name;
        }
        let mut others = self.visits.iter();
        others.find(|(name, _)| pongs::alias_of(name) == berth.as_str()).map(|(_, visitor)| visitor)
    }
}

struct Visitor {
    errands: UnboundedSender<Errand>,
    reach: Reach,
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
            surplus: CancellationToken::new(),
            let_go: CancellationToken::new(),
            gone: CancellationToken::new(),
            tasks: TaskTracker::new(),
            queue: events_of(number),
            epoch: AtomicU64::new(epoch.0),
            open: AtomicBool::new(false),
            is_lost: AtomicBool::new(false),
            is_nobodys: AtomicBool::new(false),
            registered: Mutex::default(),
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

    /// It is not ours any more. If it is nobody's, or its register is gone, the store has lost what it knew: then sockets are closed, and
    /// their wallets come again.
    pub async fn lose(&self) {
        let located = self.office.stores.presence.locate(self.id(), self.office.clock.now()).await;
        let is_elsewhere = matches!(located, Ok(Some(other)) if other.claimant.instance != self.office.postman.instance);
        tracing::warn!(shard = self.number, is_elsewhere, "a shard of sockets at docks was lost");
        if is_elsewhere {
            self.look_up().await;
        }
        self.is_lost.store(true, Ordering::Release);
        self.is_nobodys.store(!is_elsewhere, Ordering::Release);
    }

    /// It is to be somebody else's.
    pub async fn give(&self) {
        match self.is_ours().await {
            true => self.look_up().await,
            false => self.lose().await,
        }
    }

    /// Looks which sockets are in the register: those that the next one will know of, or does.
    async fn look_up(&self) {
        if let Ok(entries) = self.register().read().await {
            let marks = entries.into_iter().map(|(berth, (_, entry))| (berth, entry.mark));
            *self.registered.lock() = Some(marks.collect());
        }
    }

    /// Whether what was written with this mark of a socket is not in the register any more. If that could not be read, it is.
    pub fn has_forgotten(&self, berth: &BerthId, mark: u64) -> bool {
        let registered = self.registered.lock();
        registered.as_ref().is_some_and(|registered| registered.get(berth) != Some(&mark))
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

    /// A socket has ended.
    pub fn forget(&self, berth: &BerthId, heard: Count) {
        let until = self.office.clock.now() + REMEMBERED;
        let mut state = self.state.lock();
        state.visits.remove(berth);
        state.ended.insert(berth.clone(), Past { until, heard });
    }

    /// A dock is gone, and all its sockets with it. Says how many they were.
    pub fn forget_dock(&self, dock: &str) -> usize {
        let state = self.state.lock();
        let visitors = state.visits.values().filter(|visitor| visitor.reach.dock() == dock);
        // One that does not hear it has ended.
        visitors.filter(|visitor| visitor.errands.send(Errand::closed()).is_ok()).count()
    }

    /// Adds what it holds.
    pub fn add_to(&self, holding: &mut Holding) {
        let state = self.state.lock();
        holding.waiting += state.in_hand.len();
        for visitor in state.visits.values() {
            let dock = visitor.reach.dock();
            match holding.sockets.get_mut(dock) {
                Some(count) => *count += 1,
                None => drop(holding.sockets.insert(dock.to_owned(), 1)),
            }
        }
    }

    /// Forgets which sockets ended a while ago.
    pub fn tidy_up(&self) {
        let now = self.office.clock.now();
        self.state.lock().ended.retain(|_, past| past.until > now);
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
        let Entry { berth, reach, profile, mark } = entry;
        self.admit(state, berth, reach, |visit| visit.resumed(position, profile, mark));
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
