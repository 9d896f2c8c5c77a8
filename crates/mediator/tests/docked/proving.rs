use std::time::Duration;

use mediator::docked::{Event, Reach};
use mediator::{Answer, Stage};
use protocols::client;
use testkit::{Heard, Parcel, Words};
use tokio::time::sleep;

use crate::harbour::{Berth, Harbour, Instance, Order, agent, mail};

/// Bare mail comes on the socket; then what comes right behind it.
async fn behind_bare_mail(berth: &mut Berth, at: &Instance) -> Order {
    let before = proven(at);
    berth.join(&[at]).await;
    berth.ask(at, &client::ping(&berth.agent.id(), true)).await;
    mail(at, &berth.agent, 0).await;
    assert_eq!(berth.hear().await, Heard::Mail(Parcel { to: berth.agent.number, number: 0 }));
    assert_eq!(proven(at), before);
    berth.order().await
}

fn proven(at: &Instance) -> u64 {
    at.mediator.tally().messages(Stage::Acknowledged)
}

fn answer_to(berth: &Berth, ping: Order) -> Vec<u8> {
    let Order::Send(ping) = ping else { panic!("no ping in words but {ping:?}") };
    let Ok(Heard::Words(Words::Other { kind, text })) = berth.agent.read(&ping) else {
        panic!("no words")
    };
    assert_eq!(kind, "https://didcomm.org/trust_ping/1.0/ping");
    let ping: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let answer = serde_json::json!({
        "@type": "https://didcomm.org/trust_ping/1.0/ping_response",
        "@id": berth.agent.id(),
        "~thread": { "thid": ping["@id"] },
    });
    answer.to_string().into_bytes()
}

#[tokio::test(start_paused = true)]
async fn behind_a_foreign_dock_the_answer_to_a_ping_in_words_is_the_receipt() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berth = harbour.berth(&agent(1));
    let ping = behind_bare_mail(&mut berth, &one).await;
    berth.say(&one, &answer_to(&berth, ping)).await;
    assert_eq!(proven(&one), 1);
}

#[tokio::test(start_paused = true)]
async fn behind_a_foreign_dock_the_answer_may_come_on_another_way() {
    let harbour = Harbour::new();
    let (one, two) = (harbour.instance().await, harbour.instance().await);
    for number in 1..=8 {
        let mut berth = harbour.berth(&agent(number));
        let ping = behind_bare_mail(&mut berth, &one).await;
        let answer = berth.agent.seal(&answer_to(&berth, ping));
        let before = proven(&one) + proven(&two);
        let at = if number % 2 == 0 { &one } else { &two };
        assert!(matches!(at.mediator.post(&answer).await, Answer::Accepted));
        sleep(Duration::from_secs(1)).await;
        assert_eq!(proven(&one) + proven(&two), before + 1, "wallet {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn behind_a_foreign_dock_later_traffic_is_a_receipt_too() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berth = harbour.berth(&agent(1));
    behind_bare_mail(&mut berth, &one).await;
    berth.say(&one, &client::ping(&berth.agent.id(), false)).await;
    assert_eq!(proven(&one), 0, "both may have crossed on the way");
    sleep(Duration::from_secs(5)).await;
    berth.say(&one, &client::ping(&berth.agent.id(), false)).await;
    assert_eq!(proven(&one), 1);
}

#[tokio::test(start_paused = true)]
async fn behind_a_foreign_dock_silence_closes_nothing() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berth = harbour.berth(&agent(1));
    behind_bare_mail(&mut berth, &one).await;
    assert_eq!(berth.order_within(Duration::from_secs(3600)).await, None);
    assert_eq!(proven(&one), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dock_that_reports_pongs_is_asked_for_them() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berth = harbour.berth_at(&agent(1), |_| Reach::Queue("north".to_owned()));
    let Order::Ping(payload) = behind_bare_mail(&mut berth, &one).await else { panic!("no ping") };
    berth.tell(&one, Event::Pong(payload ^ (1 << 40))).await;
    assert_eq!(proven(&one), 0, "the pong of somebody who served this socket before");
    berth.tell(&one, Event::Pong(payload)).await;
    assert_eq!(proven(&one), 1);
}
