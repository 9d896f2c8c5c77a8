//! Everything there is, and what everybody may do with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use mediator::Answer;
use parking_lot::Mutex;
use store::Stores;
use store::memory::MemoryStore;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::cast::cast;
use super::mailbox::{Mischief, Unsteady};
use super::office::Office;
use super::plan::Plan;
use super::roads::Roads;
use super::wire::{self, WalletEnd, Wire};
use crate::{Agent, Heard, History, Random, RuntimeClock, Violation};

/// One world.
pub(super) struct World {
    pub plan: Plan,
    pub history: History,
    pub engine: Arc<MemoryStore>,
    pub mailbox: Arc<Unsteady>,
    /// From then on nothing fails.
    pub heals: Instant,
    /// Everybody goes home.
    pub over: CancellationToken,
    clock: RuntimeClock,
    stores: Stores,
    roads: Arc<Roads>,
    offices: Mutex<Vec<Arc<Office>>>,
    wires: Mutex<Vec<Arc<Wire>>>,
    random: Mutex<Random>,
    complaints: Mutex<Vec<String>>,
    faults: AtomicUsize,
}

/// How a request ended, as its sender sees it.
pub(super) enum Sent {
    /// 2xx without a body.
    Accepted,
    /// 2xx with one.
    Answered(Heard),
    /// No status, or none that arrived.
    Unknown,
}

impl World {
    pub async fn new(seed: u64, plan: Plan, mischief: Option<Mischief>) -> Arc<Self> {
        let mut random = Random::seeded(seed);
        let clock = RuntimeClock::start();
        let engine = Arc::new(MemoryStore::seeded(Arc::new(clock), random.number()));
        let mailbox = Arc::new(Unsteady::new(engine.clone(), mischief, random.fork()));
        let stores = Stores { mailbox: mailbox.clone(), ..Stores::of(engine.clone()) };
        cast().introduce(&plan.wallets, &stores).await;
        let (history, heals) = (History::default(), Instant::now() + plan.storm);
        let roads = Roads::new(history.clone(), heals, random.fork());
        let open =
            |name| Office::open(name, stores.clone(), clock, plan.pace.clone(), roads.clone());
        let offices = (0..plan.offices).map(open).collect();
        Arc::new(Self {
            history,
            engine,
            mailbox,
            heals,
            roads,
            over: CancellationToken::new(),
            clock,
            stores,
            offices: Mutex::new(offices),
            wires: Mutex::default(),
            random: Mutex::new(random),
            complaints: Mutex::default(),
            faults: AtomicUsize::new(0),
            plan,
        })
    }

    /// A stream of chance for somebody.
    pub fn fork(&self) -> Random {
        self.random.lock().fork()
    }

    pub fn is_stormy(&self) -> bool {
        Instant::now() < self.heals
    }

    pub fn struck(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    pub fn faults(&self) -> usize {
        self.faults.load(Ordering::Relaxed)
    }

    pub fn complain(&self, what: String) {
        self.complaints.lock().push(what);
    }

    pub fn complaints(&self) -> Vec<Violation> {
        self.complaints.lock().iter().cloned().map(Violation::Stuck).collect()
    }

    /// Everything has arrived, and nothing is left.
    pub fn is_settled(&self) -> bool {
        self.left_behind().is_empty() && self.history.missing().is_empty()
    }

    pub fn left_behind(&self) -> Vec<Violation> {
        let left = |place| (place as u32, self.mailbox.kept(cast().owner(place)));
        let all = (0..self.plan.wallets.len()).map(left);
        all.filter(|(_, messages)| *messages > 0)
            .map(|(to, messages)| Violation::LeftBehind { to, messages })
            .collect()
    }

    /// Opens a socket to one of the mediators. It takes a moment.
    pub async fn dial(&self, agent: &Arc<Agent>, random: &mut Random) -> WalletEnd {
        sleep(random.millis(1..100)).await;
        let office = self.office(random);
        let (link, end) = wire::connect(agent, &self.history, random.fork());
        office.serve(link, random.fork());
        let mut wires = self.wires.lock();
        wires.retain(|wire| Arc::strong_count(wire) > 1);
        wires.push(end.wire().clone());
        end
    }

    /// Some wire.
    pub fn some_wire(&self, random: &mut Random) -> Option<Arc<Wire>> {
        let wires = self.wires.lock();
        (!wires.is_empty()).then(|| random.pick(&wires).clone())
    }

    /// Posts an envelope to one of the mediators, over a network that may lose it or its answer.
    pub async fn post(&self, agent: &Agent, envelope: &Bytes, random: &mut Random) -> Sent {
        sleep(random.millis(1..100)).await;
        if self.loses(random) {
            return Sent::Unknown;
        }
        let office = self.office(random);
        match office.post(envelope).await {
            Some(Answer::Accepted) => self.accepted(random).await,
            Some(Answer::Reply { envelope, receipt }) => {
                self.answered(&office, agent, &envelope, receipt, random).await
            }
            Some(Answer::Refused(refusal)) => {
                self.complain(format!("refused: {refusal:?}"));
                Sent::Unknown
            }
            Some(Answer::Cut) | None => Sent::Unknown,
        }
    }

    async fn accepted(&self, random: &mut Random) -> Sent {
        if self.loses(random) {
            return Sent::Unknown;
        }
        sleep(random.millis(1..50)).await;
        Sent::Accepted
    }

    /// An answer on its way back. The receipt tells the mediator what became of it, if it lives to hear that.
    async fn answered(
        &self,
        office: &Office,
        agent: &Agent,
        envelope: &Bytes,
        receipt: Option<mediator::Receipt>,
        random: &mut Random,
    ) -> Sent {
        let Ok(heard) = agent.read(envelope) else {
            self.complain("an answer is not for the one who asked".to_owned());
            return Sent::Unknown;
        };
        let line = self.history.line();
        self.history.left(agent.number, line, &heard);
        if self.loses(random) {
            if let Some(receipt) = receipt
                && random.chance(50)
            {
                office.run(receipt.lost()).await;
            }
            return Sent::Unknown;
        }
        sleep(random.millis(1..50)).await;
        self.history.arrived(agent.number, line, &heard);
        if let Some(receipt) = receipt {
            office.run(receipt.taken()).await;
        }
        Sent::Answered(heard)
    }

    fn loses(&self, random: &mut Random) -> bool {
        self.is_stormy() && random.chance(8)
    }

    /// One of the mediators.
    pub fn office(&self, random: &mut Random) -> Arc<Office> {
        random.pick(&self.offices.lock()).clone()
    }

    /// Kills a mediator and starts another in its place. A mediator that is alone takes what was in flight with it, as the
    /// embedded store does; of several, one that dies leaves the engine alone.
    pub async fn kill_an_office(&self, random: &mut Random) {
        let place = random.below(self.plan.offices);
        let old = self.offices.lock()[place].clone();
        for complaint in old.close().await {
            self.complain(complaint);
        }
        if self.plan.offices == 1 {
            self.engine.restart();
        }
        let (stores, pace) = (self.stores.clone(), self.plan.pace.clone());
        let new = Office::open(place, stores, self.clock, pace, self.roads.clone());
        self.offices.lock()[place] = new;
    }

    /// The end.
    pub async fn close(&self) {
        let offices = std::mem::take(&mut *self.offices.lock());
        for office in offices {
            for complaint in office.close().await {
                self.complain(complaint);
            }
        }
    }
}

/// A pause between two attempts.
pub(super) const BREATH: Duration = Duration::from_secs(1);
