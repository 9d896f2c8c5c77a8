//! Calls of the admin API.

use std::time::Duration;

use acapy::deliverer::{AdminApi, Options};
use acapy::streams::ADMIN_CALL;
use acapy::wire::{AdminAnswer, AdminCall, Names};
use redis::cmd;
use servers::{RedisCluster, RedisServer, RedisSpec};
use testkit::{Flow, Proxy, Site, Weather};
use tokio::time::sleep;

use crate::stage::{Running, Stage, until};

fn serve(stage: &Stage, api: &Site) -> Running {
    serve_at(stage, &api.url("/"))
}

fn serve_at(stage: &Stage, api: &str) -> Running {
    let url = api.parse().expect("a URL");
    let admin = AdminApi { url, answer_bytes: 1 << 20, kept: Duration::from_secs(60) };
    stage.deliver_with(Options { admin: Some(admin), ..stage.options() })
}

fn call(stage: &Stage, id: &str, method: &str, path: &str) -> AdminCall {
    AdminCall {
        id: id.to_owned(),
        reply_to: stage.names.admin_answers("test"),
        deadline: u64::MAX,
        method: method.to_owned(),
        path: path.to_owned(),
        headers: [("x-api-key".to_owned(), "hunter2".to_owned())].into(),
        body: "{}".into(),
        idempotency_key: None,
    }
}

async fn make(stage: &Stage, call: &AdminCall) {
    let stream = stage.names.admin_calls();
    let add = cmd("XADD").arg(stream).arg("*").arg(ADMIN_CALL).arg(call.to_bytes()).take();
    let _: String = stage.say(&add).await;
}

async fn answer(stage: &Stage) -> AdminAnswer {
    answer_at(stage, &stage.names.admin_answers("test")).await
}

async fn answer_at(stage: &Stage, list: &str) -> AdminAnswer {
    until("an answer comes", async || stage.say::<u64>(cmd("LLEN").arg(list)).await > 0).await;
    let answer: Vec<u8> = stage.say(cmd("LPOP").arg(list)).await;
    AdminAnswer::from_bytes(&answer).expect("an answer")
}

/// As [`answer`], of a Redis that was away.
async fn late_answer(stage: &Stage) -> AdminAnswer {
    let list = stage.names.admin_answers("test");
    let length = async || stage.redis.command::<u64>(&list, cmd("LLEN").arg(&list)).await;
    until("Redis is back with an answer", async || length().await.is_ok_and(|count| count > 0))
        .await;
    answer(stage).await
}

/// As a relay does: an answer to another call, given once more, is none to this one.
async fn ask(stage: &Stage, call: &AdminCall) -> (String, u16, String) {
    make(stage, call).await;
    loop {
        let answer = answer(stage).await;
        if answer.id == call.id {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            return (answer.id, answer.status, body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_made_with_its_key_and_the_answer_goes_back_to_the_caller() {
    let (stage, api) = (Stage::set().await, Site::open().await);
    api.decide(|_, _| (201, "made", Duration::ZERO));
    let _running = [serve(&stage, &api), serve(&stage, &api)];
    let given = ask(&stage, &call(&stage, "1", "POST", "/connections?x=y")).await;
    assert_eq!(given, ("1".to_owned(), 201, "made".to_owned()));
    let came = &api.came()[0];
    assert_eq!((came.method.as_str(), came.path.as_str()), ("POST", "/connections?x=y"));
    assert_eq!(came.headers["x-api-key"], "hunter2");
    let left: i64 = stage.say(cmd("TTL").arg(stage.names.admin_answers("test"))).await;
    assert_eq!(left, -2, "what was fetched is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_idempotency_key_gets_the_same_answer_and_the_call_is_made_once() {
    let (stage, api) = (Stage::set().await, Site::open().await);
    api.decide(|before, _| (200, if before == 0 { "first" } else { "second" }, Duration::ZERO));
    let _running = serve(&stage, &api);
    let keyed = |id: &str, path: &str| AdminCall {
        idempotency_key: Some("k".to_owned()),
        ..call(&stage, id, "POST", path)
    };
    assert_eq!(ask(&stage, &keyed("1", "/a")).await.2, "first");
    assert_eq!(ask(&stage, &keyed("2", "/a")).await, ("2".to_owned(), 200, "first".to_owned()));
    assert_eq!(ask(&stage, &keyed("3", "/b")).await.1, 422);
    let stranger = AdminCall { headers: [].into(), ..keyed("4", "/a") };
    assert_eq!(ask(&stage, &stranger).await.2, "second");
    assert_eq!(api.came().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_a_crash_interrupted_is_not_made_again_and_a_read_is() {
    let (stage, api) = (Stage::set().await, Site::open().await);
    api.decide(|before, _| (200, "ok", Duration::from_secs(if before < 2 { 3600 } else { 0 })));
    let first = serve(&stage, &api);
    make(&stage, &call(&stage, "write", "POST", "/w")).await;
    make(&stage, &call(&stage, "read", "GET", "/r")).await;
    api.until(2).await;
    drop(first);
    let _second = serve(&stage, &api);
    let mut answers = [answer(&stage).await, answer(&stage).await];
    answers.sort_by_key(|answer| answer.id.clone());
    assert_eq!((answers[0].status, answers[1].status), (200, 502));
    let made: Vec<_> = api.came().into_iter().map(|came| came.path).collect();
    assert_eq!(made.iter().filter(|path| *path == "/w").count(), 1, "{made:?}");
    assert_eq!(made.iter().filter(|path| *path == "/r").count(), 2, "{made:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_interrupted_uses_up_its_key_though_its_deadline_is_over() {
    let (stage, api) = (Stage::set().await, Site::open().await);
    api.decide(|before, _| (200, "ok", Duration::from_secs(if before == 0 { 3600 } else { 0 })));
    let first = serve(&stage, &api);
    let soon = stage.redis.time().await.unwrap().0 + 3_000;
    make(&stage, &AdminCall { deadline: soon, ..keyed(&stage, "1") }).await;
    api.until(1).await;
    drop(first);
    sleep(LONG_AFTER).await;
    let _second = serve(&stage, &api);
    assert_eq!(ask(&stage, &keyed(&stage, "2")).await.1, 502);
    assert_eq!(api.count(), 1);
}

/// Longer than until what was put off is tried again.
const LONG_AFTER: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_made_once_and_answered_though_redis_has_no_room_when_its_answer_comes() {
    let redis = RedisServer::start_as_cluster(RedisSpec::plain()).await;
    let (stage, api) = (Stage::on(&redis.url()).await, Site::open().await);
    api.decide(|_, _| (201, "made", Duration::from_secs(1)));
    let _running = serve(&stage, &api);
    make(&stage, &call(&stage, "1", "POST", "/w")).await;
    api.until(1).await;
    assert_eq!(redis.cli(&["CONFIG", "SET", "maxmemory", "1"]).await, "OK");
    sleep(LONG_AFTER * 2).await;
    assert_eq!(api.count(), 1);
    let given = answer(&stage).await;
    assert_eq!((given.status, &given.body[..]), (201, &b"made"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_came_while_redis_was_away_is_not_made_again() {
    const STALLED: Weather = Weather { up: Flow::Stall, down: Flow::Stall };
    let (redis, api) = (RedisServer::start(RedisSpec::plain()).await, Site::open().await);
    let proxy = Proxy::before(([127, 0, 0, 1], redis.port()).into()).await.expect("a proxy");
    let stage = Stage::on(&format!("redis://{}", proxy.address())).await;
    api.decide(|_, _| (201, "made", Duration::from_millis(1_500)));
    let running = serve(&stage, &api);
    make(&stage, &call(&stage, "1", "POST", "/w")).await;
    api.until(1).await;
    proxy.set(STALLED);
    proxy.reset();
    let put_off = || running.tally.counts().contains(&("put_off", 1));
    until("its answer could not be kept", async || put_off()).await;
    proxy.set(Weather::FAIR);
    assert_eq!(late_answer(&stage).await.status, 502);
    sleep(LONG_AFTER).await;
    assert_eq!(api.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_calls_are_refused_and_answers_go_nowhere_else() {
    let (stage, api) = (Stage::set().await, Site::open().await);
    let _running = serve(&stage, &api);
    assert_eq!(ask(&stage, &call(&stage, "1", "TRACE", "/")).await.1, 400);
    assert_eq!(ask(&stage, &call(&stage, "2", "GET", "@evil.example/")).await.1, 400);
    let late = AdminCall { deadline: 1, ..call(&stage, "3", "GET", "/late") };
    make(&stage, &late).await;
    let elsewhere = AdminCall { reply_to: "acapy_outbound".to_owned(), ..late };
    make(&stage, &elsewhere).await;
    assert_eq!(ask(&stage, &call(&stage, "4", "GET", "/good")).await.1, 200);
    assert_eq!(api.came().len(), 1);
    assert_eq!(stage.say::<u64>(cmd("EXISTS").arg("acapy_outbound")).await, 0);
}

/// A deliverer whose API is away.
fn serve_nobody(stage: &Stage) -> Running {
    serve_at(stage, &format!("http://127.0.0.1:{}/", servers::free_port()))
}

fn keyed(stage: &Stage, id: &str) -> AdminCall {
    AdminCall { idempotency_key: Some("k".to_owned()), ..call(stage, id, "POST", "/a") }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_away_is_a_502_and_the_call_may_be_made_again() {
    let (stage, api) = (Stage::set().await, Site::open().await);
    let away = serve_nobody(&stage);
    assert_eq!(ask(&stage, &keyed(&stage, "1")).await.1, 502);
    drop(away);
    let _running = serve(&stage, &api);
    assert_eq!(ask(&stage, &keyed(&stage, "2")).await.1, 200);
}

/// What a deliverer writes beside a call that nobody took.
const NOT_MADE: &str = "2";

#[tokio::test(flavor = "multi_thread")]
async fn a_deliverer_that_dies_while_it_says_that_nobody_took_a_call_leaves_the_key_free() {
    let cluster = RedisCluster::start().await;
    let (stage, api) = (Stage::on(&cluster.url()).await, Site::open().await);
    let first = AdminCall { reply_to: elsewhere(&stage, &cluster).await, ..keyed(&stage, "1") };
    let mouth = &cluster.nodes()[cluster.primary_of(&first.reply_to).await];
    let away = serve_nobody(&stage);
    mouth.cli(&["CLIENT", "PAUSE", "60000", "WRITE"]).await;
    make(&stage, &first).await;
    let notes = Names::beside(&stage.names.admin_calls(), "failures");
    let noted = async || stage.say::<Vec<String>>(cmd("HVALS").arg(&notes)).await == [NOT_MADE];
    until("it is noted that nobody took it", noted).await;
    drop(away);
    mouth.cli(&["CLIENT", "UNPAUSE"]).await;
    let _running = serve(&stage, &api);
    assert_eq!(ask(&stage, &keyed(&stage, "2")).await.1, 200);
    assert_eq!(answer_at(&stage, &first.reply_to).await.status, 502);
    assert_eq!(api.count(), 1, "what was said not to be made is not made behind that");
}

/// A list of answers that another node has than the calls.
async fn elsewhere(stage: &Stage, cluster: &RedisCluster) -> String {
    let here = cluster.primary_of(&stage.names.admin_calls()).await;
    for caller in 0..100 {
        let list = stage.names.admin_answers(&caller.to_string());
        if cluster.primary_of(&list).await != here {
            return list;
        }
    }
    panic!("one node has all slots");
}
