//! Webhooks for controllers.

use acapy::deliverer::{Controller, Options};
use acapy::streams::WEBHOOK;
use acapy::wire::Webhook;
use redis::cmd;
use testkit::Site;

use crate::stage::{Stage, until};

async fn add(stage: &Stage, number: usize) {
    let webhook = Webhook {
        topic: "connections".to_owned(),
        payload: format!("{{\"n\":{number}}}").into(),
        headers: [("x-wallet-id".to_owned(), "w".to_owned())].into(),
    };
    let stream = stage.names.webhooks();
    let add = cmd("XADD").arg(stream).arg("*").arg(WEBHOOK).arg(webhook.to_bytes()).take();
    let _: String = stage.say(&add).await;
}

async fn length(stage: &Stage) -> u64 {
    stage.say(cmd("XLEN").arg(stage.names.webhooks())).await
}

async fn make_group(stage: &Stage, group: &str) {
    let stream = stage.names.webhooks();
    let create =
        cmd("XGROUP").arg("CREATE").arg(&stream).arg(group).arg("0").arg("MKSTREAM").take();
    stage.redis.command::<()>(&stream, &create).await.expect("a group");
}

/// What the group has not read yet, read by a consumer of its own name.
async fn read_as(stage: &Stage, group: &str, how: &[&str]) {
    let stream = stage.names.webhooks();
    let mut read = cmd("XREADGROUP");
    read.arg("GROUP").arg(group).arg(group).arg(how).arg("STREAMS").arg(&stream).arg(">");
    let _: redis::Value = stage.redis.command(&stream, &read).await.expect("Redis answers");
}

fn options(stage: &Stage, controller: &Site) -> Options {
    let controller = Controller::parse(&controller.url("/hooks#hunter2")).expect("a URL");
    Options { controllers: vec![controller], ..stage.options() }
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_reach_a_controller_in_order_with_its_key() {
    let (stage, controller) = (Stage::set().await, Site::open().await);
    for number in 0..100 {
        add(&stage, number).await;
    }
    let _running = [0, 1].map(|_| stage.deliver_with(options(&stage, &controller)));
    controller.until(100).await;
    stage.until_empty().await;
    let expected: Vec<_> = (0..100).map(|number| format!("{{\"n\":{number}}}")).collect();
    assert_eq!(controller.texts(), expected);
    let came = &controller.came()[0];
    assert_eq!(came.path, "/hooks/topic/connections/");
    assert_eq!(
        (&came.headers["x-api-key"], &came.headers["x-wallet-id"]),
        (&"hunter2".parse().unwrap(), &"w".parse().unwrap())
    );
    until("the stream is empty", async || length(&stage).await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_another_group_has_to_read_stay_for_it() {
    let (stage, controller) = (Stage::set().await, Site::open().await);
    make_group(&stage, "others").await;
    add(&stage, 1).await;
    let _running = stage.deliver_with(options(&stage, &controller));
    controller.until(1).await;
    add(&stage, 2).await;
    controller.until(2).await;
    stage.until_empty().await;
    assert_eq!(length(&stage).await, 2);
    read_as(&stage, "others", &["NOACK"]).await;
    add(&stage, 3).await;
    controller.until(3).await;
    until("what all have had is gone", async || length(&stage).await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_group_is_done_with_last_goes_though_no_webhook_comes() {
    let (stage, controller) = (Stage::set().await, Site::open().await);
    make_group(&stage, "others").await;
    let _running = stage.deliver_with(options(&stage, &controller));
    add(&stage, 1).await;
    controller.until(1).await;
    stage.until_empty().await;
    read_as(&stage, "others", &["NOACK"]).await;
    until("it is gone", async || length(&stage).await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_were_read_and_not_pushed_are_pushed_by_the_next() {
    let (stage, controller) = (Stage::set().await, Site::open().await);
    make_group(&stage, "deliverer").await;
    add(&stage, 1).await;
    add(&stage, 2).await;
    read_as(&stage, "deliverer", &["COUNT", "1"]).await;
    let _running = stage.deliver_with(options(&stage, &controller));
    controller.until(2).await;
    assert_eq!(controller.texts(), ["{\"n\":1}", "{\"n\":2}"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_fails_gets_the_same_webhook_until_it_takes_it_and_then_the_next() {
    let (stage, controller) = (Stage::set().await, Site::open().await);
    controller.decide(|before, _| if before < 2 { 503 } else { 200 });
    for number in 0..3 {
        add(&stage, number).await;
    }
    let _running = stage.deliver_with(options(&stage, &controller));
    controller.until(5).await;
    stage.until_empty().await;
    let expected = [0, 0, 0, 1, 2].map(|number| format!("{{\"n\":{number}}}"));
    assert_eq!(controller.texts(), expected);
}
