//! What others leave under our key names.

use acapy::deliverer::Options;
use acapy::wire::Names;
use redis::cmd;
use testkit::Site;

use crate::stage::{Stage, until};

#[tokio::test(flavor = "multi_thread")]
async fn junk_is_set_aside_with_a_reason_and_holds_nobody_up() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    for junk in ["", "null", "[1]", "{}", "\u{0}\u{1}", &"[".repeat(100_000)] {
        stage.push_raw(junk).await;
    }
    stage.push("gopher://a.example/", "x").await;
    stage.push_with(&endpoint.url("/"), "x", r#"{"Transfer-Encoding": "chunked"}"#).await;
    stage.push(&endpoint.url("/"), "good").await;
    let running = stage.deliver();
    endpoint.until(1).await;
    let reasons = stage.reasons(8).await;
    assert_eq!(reasons.len(), 8, "{reasons:?}");
    assert!(reasons[6].contains("not one of http") && reasons[7].contains("transfer-encoding"));
    assert_eq!(running.tally.counts()[3], ("junk", 8));
    assert_eq!(endpoint.texts(), ["good"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_is_too_large_is_set_aside_whole() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    stage.push(&endpoint.url("/"), &"x".repeat(5_000)).await;
    stage.push(&endpoint.url("/"), "good").await;
    let _running = stage.deliver_with(Options { entry_bytes: 4_096, ..stage.options() });
    endpoint.until(1).await;
    assert_eq!(stage.reasons(1).await, ["empty or too large"]);
    let letter = &stage.dead_letters().list(None, 1).await.unwrap()[0];
    assert!(letter.bytes > 5_000);
    assert_eq!(endpoint.texts(), ["good"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_type_stops_deliveries_only_while_it_is_there() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    let _running = stage.deliver();
    let list = stage.names.outbound();
    for key in [list.clone(), Names::beside(&list, "order"), Names::beside(&list, "entries")] {
        let before = endpoint.came().len();
        let _: () = stage.say(cmd("SET").arg(&key).arg("not ours")).await;
        if key != list {
            stage.push(&endpoint.url("/"), &key).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert_eq!(endpoint.came().len(), before);
        let _: u64 = stage.say(cmd("DEL").arg(&key)).await;
        if key == list {
            stage.push(&endpoint.url("/"), &key).await;
        }
        endpoint.until(before + 1).await;
        until("it is done", async || stage.is_empty().await).await;
    }
}
