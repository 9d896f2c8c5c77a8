//! The clock of one instance jumps by an hour, forth and back. Only the wall clock: time spans are measured by another.

use std::path::Path;
use std::time::Duration;

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
    }
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert_eq!(history.repeated(), []);
    assert_eq!(settled.ends, [], "sockets stay open");
    assert!(history.longest_delay() < Duration::from_secs(5), "{:?}", history.longest_delay());
}

with_every_engine!(nobody_notices);
