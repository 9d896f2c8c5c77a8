use std::sync::Arc;
use std::time::Duration;

use mediator::docked::{Event, Mooring, Order, Quay, QueueOutlet};
use parking_lot::Mutex;
use protocols::client;
use store::Stores;
use testkit::{Agent, Words};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::harbour::{Harbour, Instance, agent};

/// A dock's sockets: passes orders on, and remembers whether all were let go.
struct Sockets {
    orders: UnboundedSender<Order>,
    let_go: Mutex<usize>,
}

impl Quay for Sockets {
    async fn carry_out(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    fn let_all_go(&self) {
        *self.let_go.lock() += 1;
    }
}

async fn say(dock: &Mooring, agent: &Agent, words: &[u8]) {
    let frame = Event::Frame(agent.seal(words));
    dock.tell("berth".parse().unwrap(), frame).await.unwrap();
}

async fn core(harbour: &Harbour) -> Instance {
    harbour.instance_with(|office, pier| Arc::new(QueueOutlet::new(office, Some(pier)))).await
}

#[tokio::test(start_paused = true)]
async fn what_a_dock_tells_while_every_core_is_away_is_dealt_with_by_the_next() {
    let harbour = Harbour::new();
    let first = core(&harbour).await;
    let agent = agent(1);
    harbour.berth(&agent).join(&[&first]).await;
    let (orders, mut coming) = unbounded_channel();
    let sockets = Arc::new(Sockets { orders, let_go: Mutex::default() });
    let dock = Mooring::new(Stores::of(harbour.store.clone()), harbour.clock.clone(), "north");
    let running = tokio::spawn(dock.clone().run(sockets.clone(), CancellationToken::new()));
    first.leave().await;
    say(&dock, &agent, &client::ping(&agent.id(), true)).await;
    sleep(Duration::from_secs(60)).await;
    assert!(coming.try_recv().is_err(), "nobody is there to answer");
    let _second = core(&harbour).await;
    let Some(Order::Send(berth, envelope)) = coming.recv().await else { panic!("no answer") };
    assert_eq!(berth.as_str(), "berth");
    let heard = agent.read(&envelope).unwrap();
    assert!(matches!(heard, testkit::Heard::Words(Words::Other { .. })), "{heard:?}");
    assert_eq!(*sockets.let_go.lock(), 0);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_dock_that_is_gone_is_missed_with_all_its_sockets() {
    let harbour = Harbour::new();
    let one = core(&harbour).await;
    let agent = agent(1);
    harbour.berth(&agent).join(&[&one]).await;
    let (orders, _coming) = unbounded_channel();
    let sockets = Arc::new(Sockets { orders, let_go: Mutex::default() });
    let dock = Mooring::new(Stores::of(harbour.store.clone()), harbour.clock.clone(), "north");
    let running = tokio::spawn(dock.clone().run(sockets.clone(), CancellationToken::new()));
    say(&dock, &agent, &client::ping(&agent.id(), true)).await;
    sleep(Duration::from_secs(5)).await;
    let open = one.mediator.tally().sockets_open();
    // Its process stands still for a while.
    running.abort();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(one.mediator.tally().sockets_open(), open - 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_finds_the_dock_that_holds_the_request() {
    let harbour = Harbour::new();
    let one = core(&harbour).await;
    let agent = agent(1);
    harbour.berth(&agent).join(&[&one]).await;
    let (orders, _coming) = unbounded_channel();
    let sockets = Arc::new(Sockets { orders, let_go: Mutex::default() });
    let dock = Mooring::new(Stores::of(harbour.store.clone()), harbour.clock.clone(), "north");
    let running = tokio::spawn(dock.clone().run(sockets, CancellationToken::new()));
    let forward = agent.forward(testkit::Parcel { to: 1, number: 0 });
    assert!(matches!(dock.post(&forward).await, mediator::Answer::Accepted));
    let batch = client::batch_pickup(&agent.id(), 10);
    for expected in [1, 0] {
        let mediator::Answer::Reply { envelope, receipt } = dock.post(&agent.seal(&batch)).await
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
    assert!(matches!(dock.post(b"junk").await, mediator::Answer::Refused(_)));
    running.abort();
}
