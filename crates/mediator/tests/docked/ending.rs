use std::time::Duration;

use mediator::CloseReason;
use mediator::docked::{Event, Reach};
use protocols::client;
use testkit::Parcel;
use tokio::time::sleep;

use crate::harbour::{Harbour, Order, agent, mail};

#[tokio::test(start_paused = true)]
async fn mail_for_a_socket_that_is_over_waits_for_the_next() {
    let harbour = Harbour::new();
    let (one, two) = (harbour.instance().await, harbour.instance().await);
    let agent = agent(1);
    let mut first = harbour.berth(&agent);
    first.join(&[&one, &two]).await;
    first.ask(&one, &client::ping(&agent.id(), true)).await;
    first.tell(&two, Event::Closed).await;
    sleep(Duration::from_secs(1)).await;
    mail(&one, &agent, 0).await;
    assert_eq!(first.order_within(Duration::from_secs(60)).await, None);
    let mut second = harbour.berth(&agent);
    second.ask(&two, &client::ping(&agent.id(), true)).await;
    let heard = second.hear().await;
    assert_eq!(heard, testkit::Heard::Mail(Parcel { to: 1, number: 0 }));
}

#[tokio::test(start_paused = true)]
async fn mail_that_could_not_be_sent_goes_first_to_the_next_socket() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let agent = agent(1);
    let mut first = harbour.berth(&agent);
    first.join(&[&one]).await;
    first.turn_live(&one).await;
    harbour.pier.lose(&first.id);
    mail(&one, &agent, 0).await;
    mail(&one, &agent, 1).await;
    sleep(Duration::from_secs(1)).await;
    let mut second = harbour.berth(&agent);
    let before = tokio::time::Instant::now();
    second.ask(&one, &client::ping(&agent.id(), true)).await;
    for number in 0..2 {
        let heard = second.hear().await;
        assert_eq!(heard, testkit::Heard::Mail(Parcel { to: 1, number }));
    }
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_newer_socket_displaces_the_older_one_at_whatever_dock() {
    let harbour = Harbour::new();
    let (one, two) = (harbour.instance().await, harbour.instance().await);
    let agent = agent(1);
    let mut first = harbour.berth(&agent);
    first.join(&[&one, &two]).await;
    first.turn_live(&one).await;
    let mut second = harbour.berth_at(&agent, |_| Reach::Queue("north".to_owned()));
    second.turn_live(&two).await;
    assert_eq!(first.order().await, Order::Close(CloseReason::Displaced));
    mail(&one, &agent, 0).await;
    second.gets_live(&one, 0).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_closed_socket_had_sent_before_it_knew_is_still_passed_on() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let (sender, recipient) = (agent(1), agent(2));
    let mut reader = harbour.berth(&recipient);
    reader.join(&[&one]).await;
    reader.turn_live(&one).await;
    let mut closed = harbour.berth(&sender);
    closed.join(&[&one]).await;
    closed.tell(&one, Event::Frame("junk".into())).await;
    assert_eq!(closed.order().await, Order::Close(CloseReason::BadFrame));
    let forward = recipient.forward(Parcel { to: 2, number: 0 });
    closed.tell(&one, Event::Frame(forward)).await;
    assert_eq!(closed.order().await, Order::Close(CloseReason::GoingAway));
    reader.gets_live(&one, 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_dock_that_is_gone_is_forgotten_with_all_its_sockets() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berths = Vec::new();
    for number in 0..8 {
        let mut berth = harbour.berth(&agent(number));
        berth.join(&[&one]).await;
        berth.turn_live(&one).await;
        berths.push(berth);
    }
    harbour.pier.sink("http://dock");
    assert_eq!(one.mediator.tally().sockets_open(), 8);
    for berth in &berths[..3] {
        mail(&one, &berth.agent, 0).await;
        sleep(Duration::from_secs(1)).await;
    }
    sleep(Duration::from_secs(2)).await;
    assert_eq!(one.mediator.tally().sockets_open(), 0);
}
