use std::sync::Arc;
use std::time::Duration;

use mediator::docked::{Event, Mooring, Order, Outlet, Quay, QueueOutlet, Reach};
use parking_lot::Mutex;
use protocols::client;
use store::Stores;
use testkit::{Agent, Words};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::harbour::{Harbour, Instance, agent};

/// A dock's sockets: passes orders on, and remembers whether all were let go.
struct Sockets {
    orders: UnboundedSender<Order>,
    let_go: Mutex<usize>,
}

/// A dock that runs until it is dropped or ended.
struct Dock {
    mooring: Arc<Mooring>,
    sockets: Arc<Sockets>,
    orders: UnboundedReceiver<Order>,
    running: JoinHandle<()>,
}

impl Dock {
    fn at(harbour: &Harbour) -> Self {
        Self::of(mooring(harbour))
    }

    /// One whose name is known before it runs.
    fn of(mooring: Arc<Mooring>) -> Self {
        let (sender, orders) = unbounded_channel();
        let sockets = Arc::new(Sockets { orders: sender, let_go: Mutex::default() });
        let running = tokio::spawn(mooring.clone().run(sockets.clone(), CancellationToken::new()));
        Self { mooring, sockets, orders, running }
    }

    /// Where orders for it wait.
    fn queue(&self) -> String {
        format!("dock.out.{}", self.mooring.name())
    }

    async fn say(&self, agent: &Agent, words: &[u8]) {
        let frame = Event::Frame(agent.seal(words));
        self.mooring.tell("berth".parse().unwrap(), frame).await.unwrap();
    }
}

impl Drop for Dock {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Quay for Sockets {
    async fn carry_out(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    fn let_all_go(&self) {
        *self.let_go.lock() += 1;
    }
}

fn mooring(harbour: &Harbour) -> Arc<Mooring> {
    Mooring::new(Stores::of(harbour.store.clone()), harbour.clock.clone(), "north")
}

async fn core(harbour: &Harbour) -> Instance {
    harbour.instance_with(|office, pier| Arc::new(QueueOutlet::new(office, Some(pier)))).await
}

/// The same, and an agent that it knows.
async fn core_and_agent(harbour: &Harbour) -> (Instance, Arc<Agent>) {
    let (core, agent) = (core(harbour).await, agent(1));
    harbour.berth(&agent).join(&[&core]).await;
    (core, agent)
}

#[tokio::test(start_paused = true)]
async fn what_a_dock_tells_while_every_core_is_away_is_dealt_with_by_the_next() {
    let harbour = Harbour::new();
    let (first, agent) = core_and_agent(&harbour).await;
    let mut dock = Dock::at(&harbour);
    first.leave().await;
    dock.say(&agent, &client::ping(&agent.id(), true)).await;
    sleep(Duration::from_secs(60)).await;
    assert!(dock.orders.try_recv().is_err(), "nobody is there to answer");
    let _second = core(&harbour).await;
    let Some(Order::Send(berth, envelope)) = dock.orders.recv().await else { panic!("no answer") };
    assert_eq!(berth.as_str(), "berth");
    let heard = agent.read(&envelope).unwrap();
    assert!(matches!(heard, testkit::Heard::Words(Words::Other { .. })), "{heard:?}");
    assert_eq!(*dock.sockets.let_go.lock(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dock_that_is_gone_is_missed_with_all_its_sockets() {
    let harbour = Harbour::new();
    let (one, agent) = core_and_agent(&harbour).await;
    let dock = Dock::at(&harbour);
    dock.say(&agent, &client::ping(&agent.id(), true)).await;
    sleep(Duration::from_secs(5)).await;
    let open = one.mediator.tally().sockets_open();
    // Its process stands still for a while.
    dock.running.abort();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(one.mediator.tally().sockets_open(), open - 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_finds_the_dock_that_holds_the_request() {
    let harbour = Harbour::new();
    let (_one, agent) = core_and_agent(&harbour).await;
    let dock = Dock::at(&harbour);
    let forward = agent.forward(testkit::Parcel { to: 1, number: 0 });
    assert!(matches!(dock.mooring.post(&forward).await, mediator::Answer::Accepted));
    let batch = client::batch_pickup(&agent.id(), 10);
    for expected in [1, 0] {
        let mediator::Answer::Reply { envelope, receipt } =
            dock.mooring.post(&agent.seal(&batch)).await
        else {
            panic!("no batch")
        };
        let Ok(testkit::Heard::Words(words)) = agent.read(&envelope) else { panic!("no words") };
        assert_eq!(words.items().len(), expected);
        if let Some(receipt) = receipt {
            receipt.taken().await;
        }
        sleep(Duration::from_secs(4)).await;
    }
    assert!(matches!(dock.mooring.post(b"junk").await, mediator::Answer::Refused(_)));
}

#[tokio::test(start_paused = true)]
async fn junk_in_any_queue_is_thrown_away_and_what_follows_is_dealt_with() {
    let harbour = Harbour::new();
    let (_one, agent) = core_and_agent(&harbour).await;
    let mut dock = Dock::at(&harbour);
    sleep(Duration::from_secs(1)).await;
    let own = [dock.queue(), "dock.posts".to_owned(), "dock.names".to_owned()];
    let shards = (0..64).map(|number| format!("dock.in.{number}"));
    for queue in own.into_iter().chain(shards) {
        let junk = [&b""[..], b"\n", b"{}\n", b"\xff\xfe", br#"{"berth":7,"event":"opened"}"#];
        harbour.put_into(&queue, &junk).await;
    }
    dock.say(&agent, &client::ping(&agent.id(), true)).await;
    let Some(Order::Send(..)) = dock.orders.recv().await else { panic!("no answer") };
    sleep(Duration::from_secs(60)).await;
    for number in 0..64 {
        assert_eq!(harbour.waits_in(&format!("dock.in.{number}")).await, 0, "shard {number}");
    }
    assert_eq!(harbour.waits_in("dock.names").await, 1, "its own");
}

#[tokio::test(start_paused = true)]
async fn what_a_dock_leaves_behind_is_cleared_though_no_mediator_missed_it() {
    let harbour = Harbour::new();
    let (dead, alive) = (Dock::at(&harbour), Dock::at(&harbour));
    sleep(Duration::from_secs(2)).await;
    dead.running.abort();
    harbour.put_into(&dead.queue(), &[b"an order"]).await;
    sleep(Duration::from_secs(3_600)).await;
    assert_eq!(harbour.waits_in(&dead.queue()).await, 1);
    let _one = core(&harbour).await;
    sleep(Duration::from_secs(120)).await;
    assert_eq!(harbour.waits_in(&dead.queue()).await, 0);
    assert_eq!(harbour.waits_in("dock.names").await, 1, "the other's");
    assert_eq!(*alive.sockets.let_go.lock(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dock_that_is_missed_for_a_moment_loses_nothing() {
    let harbour = Harbour::new();
    let (first, late) = (core(&harbour).await, mooring(&harbour));
    let outlet = QueueOutlet::new(first.mediator.clone(), None);
    let reach = Reach::Queue(late.name().to_owned());
    outlet.close(&"berth".parse().unwrap(), &reach, mediator::CloseReason::GoingAway).await;
    first.leave().await;
    harbour.put_into("dock.names", &[late.name().as_bytes()]).await;
    // The next one looks at once.
    let coming = async {
        sleep(Duration::from_secs(2)).await;
        Dock::of(late)
    };
    let (_second, mut dock) = tokio::join!(core(&harbour), coming);
    sleep(Duration::from_secs(120)).await;
    assert!(matches!(dock.orders.try_recv(), Ok(Order::Close(..))), "it was thrown away");
    assert_eq!(*dock.sockets.let_go.lock(), 0);
}
