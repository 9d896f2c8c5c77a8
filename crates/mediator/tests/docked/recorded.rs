use std::time::Duration;

use mediator::CloseReason;
use mediator::docked::{Event, Note};
use protocols::client;
use tokio::time::sleep;

use crate::harbour::{A_WHILE, Berth, Harbour, Order, agent};

/// What a dock that counts tells of a message, which somebody records.
fn counted(berth: &Berth, number: u64, words: &[u8]) -> Note {
    let event = Event::Frame(berth.agent.seal(words));
    Note { number: Some(number), ..berth.note(event) }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_heard_is_taken_again_and_not_heard_again() {
    let harbour = Harbour::new();
    let (one, two) = (harbour.instance().await, harbour.instance().await);
    let mut berth = harbour.berth(&agent(1));
    berth.join(&[&one]).await;
    let ping = client::ping(&berth.agent.id(), true);
    let recorded = counted(&berth, 7, &ping);
    one.take(recorded.clone()).await.unwrap();
    berth.words().await;
    for again in [&one, &two, &one] {
        again.take(recorded.clone()).await.unwrap();
    }
    assert_eq!(berth.order_within(Duration::from_secs(60)).await, None);
    two.take(counted(&berth, 8, &client::ping(&berth.agent.id(), true))).await.unwrap();
    berth.words().await;
}

#[tokio::test(start_paused = true)]
async fn what_an_ended_socket_had_said_does_not_bring_it_back() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let agent = agent(1);
    let mut first = harbour.berth(&agent);
    first.join(&[&one]).await;
    let words = client::live_delivery_change(&protocols::pickup::V2_0, &agent.id(), true);
    let recorded = counted(&first, 1, &words);
    one.take(recorded.clone()).await.unwrap();
    first.words().await;
    first.tell(&one, Event::Closed).await;
    let mut second = harbour.berth(&agent);
    second.turn_live(&one).await;
    // As long as a signature counts, and the clocks of dock and mediator may differ.
    for _ in 0..10 {
        one.take(recorded.clone()).await.unwrap();
        sleep(Duration::from_secs(60)).await;
    }
    assert_eq!(second.order_within(Duration::from_secs(1)).await, None, "it was displaced");
    assert_eq!(one.mediator.tally().sockets_open(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_a_dead_instance_had_in_hand_is_heard_after_a_later_one() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berth = harbour.berth(&agent(1));
    berth.join(&[&one]).await;
    let door = one.docks();
    one.leave().await;
    let ping = || client::ping(&berth.agent.id(), true);
    let (first, second) = (counted(&berth, 1, &ping()), counted(&berth, 2, &ping()));
    door.take(first.clone()).await.unwrap();
    harbour.is_in_other_hands(Duration::from_secs(30)).await;
    let two = harbour.instance().await;
    two.take(second.clone()).await.unwrap();
    berth.words().await;
    assert_eq!(berth.order_within(A_WHILE).await, None, "it is in other hands");
    berth.words().await;
    for again in [first, second] {
        two.take(again).await.unwrap();
    }
    assert_eq!(berth.order_within(Duration::from_secs(60)).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_wallet_whose_first_messages_nobody_knows_has_to_come_again() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let agent = agent(1);
    harbour.berth(&agent).join(&[&one]).await;
    let mut berth = harbour.berth(&agent);
    let ping = || client::ping(&berth.agent.id(), true);
    let (second, third) = (counted(&berth, 2, &ping()), counted(&berth, 3, &ping()));
    one.take(second).await.unwrap();
    berth.words().await;
    assert_eq!(berth.order().await, Order::Close(CloseReason::TryLater));
    // It is heard no more, and told so.
    one.take(third).await.unwrap();
    assert_eq!(berth.order().await, Order::Close(CloseReason::GoingAway));
}

#[tokio::test(start_paused = true)]
async fn a_wallet_whose_first_message_is_in_other_hands_is_heard_in_whatever_order() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let agent = agent(1);
    harbour.berth(&agent).join(&[&one]).await;
    let mut berth = harbour.berth(&agent);
    let door = one.docks();
    one.leave().await;
    let ping = || client::ping(&berth.agent.id(), true);
    let (first, second) = (counted(&berth, 1, &ping()), counted(&berth, 2, &ping()));
    door.take(first).await.unwrap();
    harbour.is_in_other_hands(Duration::from_secs(30)).await;
    let two = harbour.instance().await;
    two.take(second).await.unwrap();
    for _ in 0..2 {
        berth.words().await;
    }
    assert_eq!(berth.order_within(Duration::from_secs(60)).await, None);
}
