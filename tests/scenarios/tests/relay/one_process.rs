use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use didcomm::VerKey;
use futures_util::future::join_all;
use testkit::Site;
use tokio::time::sleep;

use crate::whole::Whole;
use crate::world::{Engine, envelope, http, key};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_in_and_what_the_agent_sends_goes_out() {
    let engine = Engine::one_node().await;
    let whole = Whole::start(&engine).await;
    let to = key();
    let mut sent = Vec::new();
    for number in 0..5 {
        sent.push(whole.send(to, &number.to_string()).await);
    }
    whole.endpoint.until(5).await;
    let came = whole.endpoint.came();
    assert_eq!(came.iter().map(|came| came.body.to_vec()).collect::<Vec<_>>(), sent);
    assert_eq!(came[0].headers["content-type"], "application/didcomm-envelope-enc");
    assert_eq!(whole.plugin.taken(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_and_admin_calls_pass_through_it() {
    let engine = Engine::one_node().await;
    let whole = Whole::start(&engine).await;
    assert_eq!(whole.webhook(&serde_json::json!({"state": "active"})).await, 200);
    whole.controller.until(1).await;
    let came = &whole.controller.came()[0];
    assert_eq!(
        (came.path.as_str(), &came.text()[..]),
        ("/topic/connections/", r#"{"state":"active"}"#)
    );
    let first = whole.call("one").await;
    assert_eq!(first, (200, "answer 0".to_owned()));
    assert_eq!(whole.call("one").await, first, "a write that is repeated is executed once");
    assert_eq!(whole.call("two").await.1, "answer 1");
    assert_eq!(whole.api.count(), 2);
    let made = &whole.api.came()[0];
    assert_eq!(made.path, "/connections/create?x=y");
    assert_eq!(made.headers["x-api-key"], "hunter2");
    assert!(!whole.server.log().contains("hunter2"));
}

const KEYS: usize = 6;
const EACH: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn killing_it_again_and_again_loses_no_message_and_no_webhook() {
    let engine = Engine::one_node().await;
    let mut whole = Whole::start(&engine).await;
    whole.endpoint.decide(|_, _| (200, "", Duration::from_millis(10)));
    whole.controller.decide(|_, _| (200, "", Duration::from_millis(10)));
    let sending = tokio::spawn(send_all(whole.server.url()));
    let telling = tokio::spawn(tell_all(whole.private.clone()));
    for _ in 0..3 {
        let before = (whole.endpoint.count(), whole.controller.count());
        whole.endpoint.until((before.0 + 10).min(KEYS * EACH)).await;
        whole.controller.until((before.1 + 10).min(KEYS * EACH)).await;
        whole.server.kill();
        whole.server.start_again().await;
    }
    let (sent, told) = (sending.await.unwrap(), telling.await.unwrap());
    assert_eq!((sent.len(), told.len()), (KEYS * EACH, KEYS * EACH));
    whole.endpoint.until_it(|site| sent.is_subset(&bodies(site))).await;
    whole.controller.until_it(|site| told.is_subset(&bodies(site))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_redis_loses_no_message_and_no_webhook_that_was_accepted() {
    let mut engine = Engine::durable().await;
    let whole = Whole::start(&engine).await;
    whole.endpoint.decide(|_, _| (200, "", Duration::from_millis(10)));
    whole.controller.decide(|_, _| (200, "", Duration::from_millis(10)));
    let sending = tokio::spawn(send_all(whole.server.url()));
    let telling = tokio::spawn(tell_all(whole.private.clone()));
    whole.endpoint.until(10).await;
    whole.controller.until(10).await;
    let redis = engine.server_mut();
    redis.kill().await;
    sleep(Duration::from_secs(3)).await;
    redis.restart().await;
    let (sent, told) = (sending.await.unwrap(), telling.await.unwrap());
    assert_eq!((sent.len(), told.len()), (KEYS * EACH, KEYS * EACH));
    whole.endpoint.until_it(|site| sent.is_subset(&bodies(site))).await;
    whole.controller.until_it(|site| told.is_subset(&bodies(site))).await;
}

fn bodies(site: &Site) -> BTreeSet<Bytes> {
    site.came().into_iter().map(|came| came.body).collect()
}

/// As senders do: a few at a time, and each again until it was accepted.
async fn send_all(url: String) -> BTreeSet<Bytes> {
    let keys: Vec<_> = (0..KEYS).map(|_| key()).collect();
    let each = keys.into_iter().map(|to| send_to(url.clone(), to));
    join_all(each).await.into_iter().flatten().collect()
}

async fn send_to(url: String, to: VerKey) -> Vec<Bytes> {
    let envelopes: Vec<_> = (0..EACH).map(|at| envelope(&at.to_string(), &[to])).collect();
    for envelope in &envelopes {
        post_until_accepted(&url, envelope.clone()).await;
    }
    envelopes
}

async fn tell_all(private: String) -> BTreeSet<Bytes> {
    let url = format!("{private}/topic/connections/");
    let webhooks: BTreeSet<_> = (0..KEYS * EACH).map(|at| Bytes::from(at.to_string())).collect();
    for webhook in &webhooks {
        post_until_accepted(&url, webhook.clone()).await;
    }
    webhooks
}

async fn post_until_accepted(url: &str, body: Bytes) {
    loop {
        let answer = http().post(url).body(reqwest::Body::from(body.clone())).send().await;
        sleep(Duration::from_millis(20)).await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
    }
}
