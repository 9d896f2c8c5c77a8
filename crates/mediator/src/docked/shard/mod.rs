//! A part of all sockets at docks, served by one instance at a time.

mod events;
mod handover;
mod jobs;
mod part;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use store::{Epoch, JobId, QueueName, RecipientId, Ticket, Timestamp};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::count::Count;
use super::lost::LostDocks;
use super::register::Register;
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
}
