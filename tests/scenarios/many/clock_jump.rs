//! The clock of one instance jumps by an hour, forth and back. Only the wall clock: time spans are measured by another.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use servers::libfaketime;
use testkit::{Fleet, History, Load, Plan, ServerOptions};
use tokio::time::sleep;

use super::engine::Engine;
use super::with_every_engine;
use crate::habits::kept_promise;

/// Options of an instance that reads its clock's error from this file.
fn with_clock(options: ServerOptions, file: &Path) -> ServerOptions {
    let library = libfaketime();
    options
        .variable("LD_PRELOAD", &library.display().to_string())
        .variable("FAKETIME_TIMESTAMP_FILE", &file.display().to_string())
        .variable("FAKETIME_NO_CACHE", "1")
        .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .variable("DONT_FAKE_MONOTONIC", "1")
}

/// More than an instance counts as alive without a sign of life.
const A_WHILE: Duration = Duration::from_secs(5);

/// By how much the clock of the instance there is ahead of ours, in whole hours, as it says with each answer.
async fn hours_ahead(place: SocketAddr) -> i64 {
    let answer = reqwest::get(format!("http://{place}/health/live")).await.expect("an answer");
    let date = answer.headers()["date"].to_str().expect("a date");
    // Such as "Sun, 06 Nov 1994 08:49:37 GMT".
    let time = date.split(' ').nth(4).expect("a time of day");
    let part = |seconds: i64, part: &str| seconds * 60 + part.parse::<i64>().expect("a number");
    let theirs = time.split(':').fold(0, part);
    let ours = SystemTime::UNIX_EPOCH.elapsed().expect("it is past 1970").as_secs() as i64;
    let half_a_day = 12 * HOUR;
    let ahead = (theirs - ours + half_a_day).rem_euclid(2 * half_a_day) - half_a_day;
    (ahead + HOUR / 2).div_euclid(HOUR)
}

const HOUR: i64 = 3600;

async fn nobody_notices(engine: Engine) {
    let directory = tempfile::tempdir().expect("a directory");
    let clock = directory.path().join("clock");
    let set = |error: &str| std::fs::write(&clock, error).expect("the clock is set");
    set("+0");
    let options = engine.options(&[]);
    let wrong = with_clock(options.clone(), &clock);
    let fleet = Fleet::start_each(vec![wrong, options]).await;
    let history = History::default();
    let load = Load::start(&fleet.addresses(), Plan::default(), &history).await;
    for error in ["+3600", "-3600", "+0"] {
        load.goes_on_for(50).await;
        set(error);
        sleep(A_WHILE).await;
        // What makes these dates does not look again until its clock has come to the last one.
        assert_eq!(hours_ahead(fleet[0].address()).await, 1, "its clock has jumped");
    }
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert_eq!(history.repeated(), []);
    assert_eq!(settled.ends, [], "sockets stay open");
    assert!(history.longest_delay() < Duration::from_secs(5), "{:?}", history.longest_delay());
}

with_every_engine!(nobody_notices);
