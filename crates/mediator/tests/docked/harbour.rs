//! Mediators over one store, docks that remember what they were to send, and wallets at them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mediator::docked::{BerthId, Docks, Event, Note, Outlet, Reach, Unsent};
use mediator::{Carried, Carrier, CloseReason, End, Identity, Mediator, RootSecret, Settings};
use parking_lot::Mutex;
use protocols::{Handshake, client};
use store::memory::MemoryStore;
use store::{Clock, Queue, Result, Room, Stores};
use testkit::{Agent, Heard, Invited, Parcel, RuntimeClock, Words};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Longer than anything takes that is under way; time is paused.
pub const A_WHILE: Duration = Duration::from_secs(8);

/// What a dock was told to do with a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    Send(Bytes),
    Ping(u64),
    Close(CloseReason),
}

/// All docks of a test.
#[derive(Default)]
pub struct Pier {
    berths: Mutex<HashMap<BerthId, UnboundedSender<Order>>>,
    /// Docks that are not there.
    away: Mutex<HashSet<String>>,
}

impl Pier {
    pub fn sink(&self, dock: &str) {
        self.away.lock().insert(dock.to_owned());
    }

    /// The socket is gone, and nobody was told.
    pub fn lose(&self, berth: &BerthId) {
        self.berths.lock().remove(berth);
    }

    fn order(
        &self,
        berth: &BerthId,
        reach: &Reach,
        order: Order,
    ) -> std::result::Result<(), Unsent> {
        if self.away.lock().contains(reach.dock()) {
            return Err(Unsent::NoDock);
        }
        let berths = self.berths.lock();
        let berth = berths.get(berth).ok_or(Unsent::Gone)?;
        berth.send(order).map_err(|_| Unsent::Gone)
    }
}

#[async_trait]
impl Outlet for Pier {
    async fn send(
        &self,
        berth: &BerthId,
        reach: &Reach,
        envelope: Bytes,
    ) -> std::result::Result<(), Unsent> {
        self.order(berth, reach, Order::Send(envelope))
    }

    async fn ping(
        &self,
        berth: &BerthId,
        reach: &Reach,
        payload: u64,
    ) -> std::result::Result<(), Unsent> {
        self.order(berth, reach, Order::Ping(payload))
    }

    async fn close(&self, berth: &BerthId, reach: &Reach, reason: CloseReason) {
        let _ = self.order(berth, reach, Order::Close(reason));
    }
}

struct Nowhere;

#[async_trait]
impl Carrier for Nowhere {
    async fn carry(&self, _: &str, _: &[Bytes]) -> Carried {
        Carried { taken: 0, end: End::Failed("nowhere".to_owned()) }
    }
}

/// One mediator that serves docks.
pub struct Instance {
    pub mediator: Arc<Mediator>,
    docks: Arc<Docks>,
    stop: CancellationToken,
    work: Vec<JoinHandle<()>>,
}

impl Instance {
    /// Ends in an orderly way.
    pub async fn leave(self) {
        self.stop.cancel();
        for work in self.work {
            work.await.unwrap();
        }
    }

    pub async fn take(&self, note: Note) -> Result<()> {
        self.docks.take(note).await
    }

    /// The door, which takes notes when nobody serves anybody any more, too.
    pub fn docks(&self) -> Arc<Docks> {
        self.docks.clone()
    }
}

/// A store and docks.
pub struct Harbour {
    pub store: Arc<MemoryStore>,
    pub pier: Arc<Pier>,
    pub clock: Arc<RuntimeClock>,
    berths: Mutex<u32>,
}

impl Harbour {
    pub fn new() -> Self {
        let clock = Arc::new(RuntimeClock::start());
        let store = Arc::new(MemoryStore::new(clock.clone()));
        Self { store, pier: Arc::default(), clock, berths: Mutex::default() }
    }

    /// Puts something into a queue.
    pub async fn put_into(&self, queue: &str, jobs: &[&[u8]]) {
        let jobs: Vec<_> = jobs.iter().map(|job| Bytes::copy_from_slice(job)).collect();
        self.store.push(&queue.parse().unwrap(), &jobs, Room::ENDLESS).await.unwrap();
    }

    /// How much is in a queue, in somebody's hands or not.
    pub async fn waits_in(&self, queue: &str) -> u64 {
        let backlog = self.store.backlog(&queue.parse().unwrap()).await.unwrap();
        backlog.ready + backlog.waiting
    }

    /// Somebody who has died had claimed what docks have told so far.
    pub async fn is_in_other_hands(&self, lease: Duration) {
        for number in 0..64 {
            let queue = format!("dock.in.{number}").parse().unwrap();
            self.store.claim(&queue, 1, self.clock.now() + lease).await.unwrap();
        }
    }

    /// One more instance, which has its share of the sockets.
    pub async fn instance(&self) -> Instance {
        self.instance_with(|_, pier| pier).await
    }

    /// The same with an outlet of its own before the pier.
    pub async fn instance_with(
        &self,
        outlet: impl FnOnce(Arc<Mediator>, Arc<dyn Outlet>) -> Arc<dyn Outlet>,
    ) -> Instance {
        let settings = Settings::at("http://m.test", "ws://m.test");
        let mediator = Mediator::new(
            settings,
            Identity::from_root(RootSecret::new([7; 32])),
            Stores::of(self.store.clone()),
            self.clock.clone(),
            Arc::new(Nowhere),
        );
        let docks = Docks::new(mediator.clone(), outlet(mediator.clone(), self.pier.clone()));
        let stop = CancellationToken::new();
        let work = vec![
            tokio::spawn(mediator.clone().run(stop.clone())),
            tokio::spawn(docks.clone().run(stop.clone())),
        ];
        sleep(A_WHILE).await;
        Instance { mediator, docks, stop, work }
    }

    /// A new socket at a dock that calls back, of this agent.
    pub fn berth(&self, agent: &Arc<Agent>) -> Berth {
        let send = |id: &BerthId| format!("http://dock/socket/{id}/send");
        self.berth_at(agent, |id| Reach::Http { send: send(id), disconnect: None })
    }

    /// A new socket at a dock that is reached in this way.
    pub fn berth_at(&self, agent: &Arc<Agent>, reach: impl Fn(&BerthId) -> Reach) -> Berth {
        let mut berths = self.berths.lock();
        *berths += 1;
        let id: BerthId = format!("berth-{berths}").parse().unwrap();
        let (orders, coming) = unbounded_channel();
        self.pier.berths.lock().insert(id.clone(), orders);
        let reach = reach(&id);
        Berth { id, reach, agent: agent.clone(), orders: coming }
    }
}

/// A wallet's socket at a dock.
pub struct Berth {
    pub id: BerthId,
    pub reach: Reach,
    pub agent: Arc<Agent>,
    orders: UnboundedReceiver<Order>,
}

impl Berth {
    pub fn note(&self, event: Event) -> Note {
        Note { berth: self.id.clone(), reach: Some(self.reach.clone()), event, number: None }
    }

    pub async fn tell(&self, to: &Instance, event: Event) {
        to.take(self.note(event)).await.unwrap();
    }

    /// Says something, which arrives at this instance.
    pub async fn say(&self, to: &Instance, words: &[u8]) {
        self.tell(to, Event::Frame(self.agent.seal(words))).await;
    }

    /// What the dock is told to do next.
    pub async fn order(&mut self) -> Order {
        self.order_within(Duration::from_secs(120)).await.expect("the dock is told something")
    }

    pub async fn order_within(&mut self, patience: Duration) -> Option<Order> {
        timeout(patience, self.orders.recv()).await.ok().flatten()
    }

    pub async fn hear(&mut self) -> Heard {
        match self.order().await {
            Order::Send(envelope) => self.agent.read(&envelope).unwrap(),
            other => panic!("nothing to hear but {other:?}"),
        }
    }

    pub async fn words(&mut self) -> Words {
        match self.hear().await {
            Heard::Words(words) => words,
            other => panic!("no words but {other:?}"),
        }
    }

    pub async fn ask(&mut self, to: &Instance, words: &[u8]) -> Words {
        self.say(to, words).await;
        self.words().await
    }

    /// Becomes connected and mediated, step after step at another of these instances.
    pub async fn join(&mut self, instances: &[&Instance]) {
        let mut turns = instances.iter().cycle();
        let mut next = || *turns.next().unwrap();
        let invitation = &next().mediator.invitation().json.to_string();
        let invited = Invited::read(invitation).unwrap();
        let request = self.agent.request(Handshake::DidExchange11, &invited, None);
        self.tell(next(), Event::Frame(request.envelope.clone())).await;
        let Order::Send(answer) = self.order().await else { panic!("no answer to a request") };
        self.agent.accept(&request, &invited, &answer).unwrap();
        let words = self.ask(next(), &client::mediate_request(&self.agent.id())).await;
        let Words::Other { text, .. } = words else { panic!("no grant: {words:?}") };
        self.agent.granted(&client::read_grant(&text).unwrap());
        let update = [(&*self.agent.mail_key().to_did_key(), true)];
        self.ask(next(), &client::keylist_update(&self.agent.id(), &update)).await;
    }

    pub async fn turn_live(&mut self, to: &Instance) {
        let words = client::live_delivery_change(&protocols::pickup::V2_0, &self.agent.id(), true);
        let answer = self.ask(to, &words).await;
        assert!(matches!(answer, Words::Status { live: true, .. }), "{answer:?}");
    }

    /// The next pushed delivery brings this and nothing else, and is acknowledged.
    pub async fn gets_live(&mut self, to: &Instance, number: u32) {
        let pushed = self.words().await;
        let numbers: Vec<_> = pushed.items().iter().filter_map(|item| item.parcel).collect();
        assert_eq!(numbers, [Parcel { to: self.agent.number, number }], "{pushed:?}");
        let ids: Vec<String> = pushed.items().iter().map(|item| item.id.clone()).collect();
        let words = client::messages_received(&protocols::pickup::V2_0, &self.agent.id(), &ids);
        let answer = self.ask(to, &words).await;
        assert!(matches!(answer, Words::Status { messages: 0, .. }), "{answer:?}");
    }
}

/// Mail for an agent arrives at an instance.
pub async fn mail(at: &Instance, to: &Agent, number: u32) {
    let envelope = to.forward(Parcel { to: to.number, number });
    let answer = at.mediator.post(&envelope).await;
    assert!(matches!(answer, mediator::Answer::Accepted), "{answer:?}");
}

pub fn agent(number: u32) -> Arc<Agent> {
    Arc::new(Agent::new(number, 7))
}
