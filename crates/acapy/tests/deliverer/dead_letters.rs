//! What is tried no more.

use std::time::Duration;

use acapy::deliverer::Options;
use acapy::wire::Outbound;
use testkit::Site;

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn after_the_last_try_a_message_is_a_dead_letter_and_the_next_one_goes_on() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    endpoint.decide(|_, came| (if came.text() == "bad" { 400 } else { 200 }, "", Duration::ZERO));
    stage.push(&endpoint.url("/in?token=hunter2"), "bad").await;
    stage.push(&endpoint.url("/in?token=hunter2"), "good").await;
    let _running = stage.deliver();
    endpoint.until(4).await;
    stage.until_empty().await;
    assert_eq!(endpoint.texts(), ["bad", "bad", "bad", "good"]);
    let letters = stage.dead_letters().list(None, 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].reason.as_str(), letters[0].attempts), ("400 Bad Request", 3));
    assert_eq!(letters[0].endpoint, endpoint.url("/in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_replayed_with_all_its_tries_before_it() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    endpoint.decide(|before, _| (if before < 3 { 500 } else { 200 }, "", Duration::ZERO));
    stage.push(&endpoint.url("/"), "x").await;
    let _running = stage.deliver();
    stage.reasons(1).await;
    let letters = stage.dead_letters();
    let id = letters.list(None, 1).await.unwrap()[0].id.clone();
    let entry = Outbound::from_bytes(&letters.entry(&id).await.unwrap().unwrap()).unwrap();
    assert_eq!(entry.payload, b"x"[..]);
    assert!(letters.replay(&id).await.unwrap());
    assert!(!letters.replay(&id).await.unwrap(), "once");
    endpoint.until(4).await;
    stage.until_empty().await;
    assert_eq!(letters.list(None, 1).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_page_by_page_and_thrown_away() {
    let stage = Stage::set().await;
    for number in 0..5 {
        stage.push_raw(&format!("junk {number}")).await;
    }
    let _running = stage.deliver();
    stage.reasons(5).await;
    let letters = stage.dead_letters();
    let first = letters.list(None, 3).await.unwrap();
    let rest = letters.list(Some(&first[2].id), 3).await.unwrap();
    assert_eq!((first.len(), rest.len()), (3, 2));
    assert_eq!(letters.entry(&rest[0].id).await.unwrap().unwrap(), b"junk 3");
    assert!(letters.discard(&rest[0].id).await.unwrap());
    assert!(!letters.discard(&rest[0].id).await.unwrap());
    assert!(!letters.discard("+").await.unwrap() && letters.entry("-").await.unwrap().is_none());
    assert_eq!(letters.list(None, 10).await.unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_has_room_for_so_many_messages_and_no_more() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    endpoint.decide(|_, _| (200, "", Duration::from_secs(3600)));
    for number in 0..4 {
        stage.push(&endpoint.url("/"), &number.to_string()).await;
    }
    let _running = stage.deliver_with(Options { endpoint_entries: 3, ..stage.options() });
    assert_eq!(stage.reasons(1).await, ["too many wait for this endpoint"]);
}
