//! Messages to one endpoint wait for each other, those to others do not.

use std::time::Duration;

use acapy::deliverer::{Options, Schedule};
use testkit::Site;

use crate::stage::{Stage, until};

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_deliverers_keep_the_order_of_each_endpoint() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    let _running = [stage.deliver(), stage.deliver(), stage.deliver()];
    for number in numbers(300) {
        for path in ["/a", "/b", "/c"] {
            stage.push(&endpoint.url(path), &number).await;
        }
    }
    endpoint.until(900).await;
    stage.until_empty().await;
    for path in ["/a", "/b", "/c"] {
        let came = endpoint.came().into_iter().filter(|came| came.path == path);
        assert_eq!(came.map(|came| came.text()).collect::<Vec<_>>(), numbers(300), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_failed_stays_before_those_behind_it() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    endpoint.decide(|before, _| (if before < 2 { 503 } else { 200 }, "", Duration::ZERO));
    for number in numbers(3) {
        stage.push(&endpoint.url("/"), &number).await;
    }
    let _running = [stage.deliver(), stage.deliver()];
    endpoint.until(5).await;
    stage.until_empty().await;
    assert_eq!(endpoint.texts(), ["0", "0", "0", "1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_to_one_endpoint_go_over_one_connection() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    let _running = stage.deliver();
    for number in numbers(50) {
        stage.push(&endpoint.url("/"), &number).await;
    }
    endpoint.until(50).await;
    // It is kept for what comes later, too.
    stage.until_empty().await;
    stage.push(&endpoint.url("/"), "later").await;
    endpoint.until(51).await;
    assert_eq!(endpoint.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_does_not_answer_slows_no_other() {
    let (stage, dead, alive) = (Stage::set().await, Site::open().await, Site::open().await);
    dead.decide(|_, _| (200, "", Duration::from_secs(3600)));
    let _running = stage.deliver();
    for number in numbers(20) {
        stage.push(&dead.url("/"), &number).await;
        stage.push(&alive.url("/"), &number).await;
    }
    alive.until(20).await;
    assert_eq!(alive.texts(), numbers(20));
    assert!(dead.texts().iter().all(|text| text == "0"), "{:?}", dead.texts());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_endpoints_are_delivered_to_at_a_time_and_all_have_their_turn() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    endpoint.decide(|_, _| (200, "", Duration::from_millis(20)));
    for number in numbers(12) {
        stage.push(&endpoint.url(&format!("/{number}")), "x").await;
        stage.push(&endpoint.url(&format!("/{number}")), "y").await;
    }
    let _running = stage.deliver_with(Options { parallel: 2, ..stage.options() });
    endpoint.until(24).await;
    stage.until_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_of_the_deliverer_before_count_and_what_it_left_behind_is_taken_over() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    endpoint.decide(|_, _| (500, "", Duration::ZERO));
    let url = endpoint.url("/");
    let entry = format!(
        r#"{{"service": {{"url": "{url}"}}, "payload": "bGVmdA==", "headers": {{}}, "retries": 2}}"#
    );
    let left = stage.names.outbound_retry();
    let _: u64 = stage.say(redis::cmd("ZADD").arg(&left).arg(1_700_000_000).arg(entry)).await;
    let running = stage.deliver();
    assert_eq!(stage.reasons(1).await, ["500 Internal Server Error"]);
    assert_eq!(endpoint.texts(), ["left"]);
    assert_eq!(running.tally.counts()[1], ("put_off", 0));
    until("nothing is left behind", async || {
        stage.say::<u64>(redis::cmd("ZCARD").arg(&left)).await == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_behind_is_taken_over_once_by_several() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    let (url, left) = (endpoint.url("/"), stage.names.outbound_retry());
    for number in 0..40 {
        let payload = acapy::wire::payload::encode(format!("{number}").as_bytes());
        let entry = format!(
            r#"{{"service": {{"url": "{url}"}}, "payload": "{payload}", "headers": {{}}, "retries": 1}}"#
        );
        let add = redis::cmd("ZADD").arg(&left).arg(1_700_000_000 + number).arg(entry).take();
        let _: u64 = stage.say(&add).await;
    }
    let _running = [(); 3].map(|()| stage.deliver());
    endpoint.until(40).await;
    stage.until_empty().await;
    let none_left = async || stage.say::<u64>(redis::cmd("ZCARD").arg(&left)).await == 0;
    until("nothing is left behind", none_left).await;
    stage.until_empty().await;
    assert_eq!(endpoint.texts(), numbers(40));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deliverer_that_is_told_to_stop_ends_with_what_it_has_in_hand() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    endpoint.decide(|before, _| (200, "", Duration::from_secs(u64::from(before == 0))));
    for number in numbers(3) {
        stage.push(&endpoint.url("/"), &number).await;
    }
    let schedule = Schedule { retries: 0, first: Duration::from_secs(1) };
    let mut first = stage.deliver_with(Options { schedule, ..stage.options() });
    endpoint.until(1).await;
    first.stop.cancel();
    let _second = stage.deliver();
    (&mut first.task).await.unwrap();
    assert_eq!(first.tally.counts()[0], ("delivered", 1));
    // Given back, not left to run out.
    let begun = tokio::time::Instant::now();
    endpoint.until(3).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    stage.until_empty().await;
    assert_eq!(endpoint.texts(), numbers(3));
}
