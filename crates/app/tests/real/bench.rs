//! `restante bench` against `restante mediator`.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::running::{Running, restante, run, text};

/// Runs a scenario against a mediator, and reads what it wrote.
fn bench(home: &Path, mediators: &[&Running], args: &[&str]) -> Value {
    let json = home.join("result.json");
    let mut words = vec!["bench".to_owned(), args[0].to_owned()];
    for mediator in mediators {
        words.extend(["--invitation".to_owned(), format!("{}/invitation", mediator.url)]);
        words.extend(["--pid".to_owned(), mediator.child.id().to_string()]);
    }
    words.extend(["--json".to_owned(), json.display().to_string()]);
    words.extend(args[1..].iter().map(|word| (*word).to_owned()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = run(home, &words);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let written = std::fs::read(json).expect("it wrote its report");
    serde_json::from_slice(&written).expect("which is JSON")
}

/// Every message that was posted has arrived, once, where it belongs.
fn assert_clean(report: &Value) {
    let faults = &report["faults"];
    let posted = faults["posted"].as_u64().expect("a number");
    assert!(posted > 0, "{faults}");
    for name in ["accepted", "arrived"] {
        assert_eq!(faults[name], posted, "{faults}");
    }
    for name in ["failed", "lost", "out_of_order", "misdelivered", "sockets_lost"] {
        assert_eq!(faults[name], 0, "{faults}");
    }
}

fn phases(report: &Value) -> Vec<&str> {
    let phases = report["median"].as_array().expect("phases");
    phases.iter().map(|phase| phase["name"].as_str().expect("a name")).collect()
}

#[test]
fn live_wallets_get_everything_and_the_figures_say_how_fast() {
    let home = tempfile::tempdir().unwrap();
    let mediator = Running::start(home.path(), &[]);
    let args = [
        "live",
        "--wallets",
        "5",
        "--clients",
        "2",
        "--duration",
        "1s",
        "--warm-up",
        "100ms",
        "--repeats",
        "3",
    ];
    let report = bench(home.path(), &[&mediator], &args);
    assert_clean(&report);
    assert_eq!(report["rounds"].as_array().unwrap().len(), 3);
    let live = &report["median"][0];
    assert!(live["per_second"].as_f64().unwrap() > 0.0, "{live}");
    assert!(live["usage"]["server_resident_mb"].as_f64().unwrap() > 1.0, "{live}");
    let delivery = &live["timings"][0];
    assert_eq!(delivery["name"], "delivery");
    let at = |name: &str| delivery["ms"][name].as_f64().unwrap();
    assert!(0.0 < at("p50") && at("p50") <= at("p99") && at("p99") <= at("max"), "{delivery}");
}

#[test]
fn a_fixed_rate_is_kept_with_implicit_pickup() {
    let home = tempfile::tempdir().unwrap();
    let mediator = Running::start(home.path(), &[]);
    let args = [
        "live",
        "--implicit",
        "--wallets",
        "5",
        "--rate",
        "50",
        "--duration",
        "2s",
        "--warm-up",
        "0s",
    ];
    let report = bench(home.path(), &[&mediator], &args);
    assert_clean(&report);
    assert_eq!(report["faults"]["posted"], 100);
}

#[test]
fn mailboxes_are_filled_and_drained() {
    let home = tempfile::tempdir().unwrap();
    let mediator = Running::start(home.path(), &[]);
    for pickup in [[].as_slice(), &["--implicit"]] {
        let args = [&["queue", "--wallets", "3", "--messages", "25"], pickup].concat();
        let report = bench(home.path(), &[&mediator], &args);
        assert_clean(&report);
        assert_eq!(report["faults"]["arrived"], 75);
        assert_eq!(phases(&report), ["accept", "drain"]);
    }
}

#[test]
fn sockets_are_held_and_their_memory_is_drawn() {
    let home = tempfile::tempdir().unwrap();
    let mediator = Running::start(home.path(), &[]);
    let args = ["sockets", "--wallets", "20", "--duration", "500ms", "--warm-up", "0s"];
    let report = bench(home.path(), &[&mediator], &args);
    assert_clean(&report);
    assert_eq!(phases(&report), ["open", "rest", "messages"]);
    let held = report["held"].as_array().unwrap();
    assert_eq!((&held[0]["sockets"], &held[10]["sockets"]), (&0.into(), &20.into()));
    let plot = run(home.path(), &["bench", "plot", "result.json", "--out", "plots"]);
    assert!(plot.status.success(), "{}", text(&plot.stderr));
    for name in ["latency", "throughput", "cpu", "memory"] {
        let svg = std::fs::read_to_string(home.path().join(format!("plots/{name}.svg"))).unwrap();
        assert!(svg.contains("</svg>"), "{name}");
    }
    let compared = run(home.path(), &["bench", "compare", "result.json", "result.json"]);
    assert!(text(&compared.stdout).contains("messages lost"), "{}", text(&compared.stderr));
}

#[test]
fn a_day_of_wallets_that_come_and_go_loses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mediator = Running::start(home.path(), &[]);
    let args = ["day", "--wallets", "10", "--rate", "40", "--duration", "7s"];
    let report = bench(home.path(), &[&mediator], &args);
    assert_clean(&report);
    // Six usual seconds and one of five times as many.
    assert_eq!(report["faults"]["posted"], 40 * (6 + 5));
}

#[test]
fn wallets_join_by_either_handshake() {
    let home = tempfile::tempdir().unwrap();
    let mediator = Running::start(home.path(), &[]);
    for handshake in ["offered", "connections"] {
        let args = ["onboarding", "--wallets", "6", "--handshake", handshake];
        let report = bench(home.path(), &[&mediator], &args);
        assert_eq!(report["median"][0]["count"], 6.0);
        assert_eq!(report["median"][0]["timings"][3]["name"], "list a key");
        assert_eq!(report["faults"]["failed"], 0);
    }
}

fn refused(home: &Path, args: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = run(home, &[&["bench", "live"], args].concat());
    (status.code(), text(&stderr))
}

#[test]
fn a_mediator_that_cannot_be_used_is_named_at_once() {
    let home = tempfile::tempdir().unwrap();
    let mediator = Running::start(home.path(), &[]);
    let (code, said) = refused(home.path(), &["--invitation", "http://127.0.0.1:1/invitation"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("http://127.0.0.1:1 cannot be reached"), "{said}");
    let page = format!("{}/health/ready", mediator.url);
    let (_, said) = refused(home.path(), &["--invitation", &page]);
    assert!(said.contains("the invitation cannot be used"), "{said}");
    let invitation = format!("{}/invitation", mediator.url);
    let (_, said) = refused(home.path(), &["--invitation", &invitation, "--pid", "4000000"]);
    assert!(said.contains("there is no process 4000000"), "{said}");
    let args = ["--invitation", &invitation, "--http", &page];
    let (code, said) = refused(home.path(), &args);
    assert_eq!(code, Some(1));
    assert!(said.contains("the mediator refuses a request to connect: HTTP status 4"), "{said}");
}

#[test]
fn a_mediator_that_takes_nobody_new_says_so() {
    let home = tempfile::tempdir().unwrap();
    let mediator = Running::start(home.path(), &["--policy", "deny"]);
    let invitation = format!("{}/invitation", mediator.url);
    let (code, said) = refused(home.path(), &["--invitation", &invitation, "--wallets", "1"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("mediate-deny"), "{said}");
}

#[test]
fn ctrl_c_ends_a_run_and_shows_what_was_measured() {
    let home = tempfile::tempdir().unwrap();
    let mediator = Running::start(home.path(), &[]);
    let invitation = format!("{}/invitation", mediator.url);
    let args =
        ["bench", "live", "--wallets", "2", "--duration", "600s", "--invitation", &invitation];
    // How long it takes until something was measured depends on the machine.
    let shown = [2, 6, 20].into_iter().any(|seconds| {
        let child = restante(home.path(), &args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::park_timeout(Duration::from_secs(seconds));
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = text(&output.stdout);
        assert_eq!(output.status.success(), !said.is_empty(), "{}", text(&output.stderr));
        said.contains("messages in") && said.contains("interrupted: these are the figures")
    });
    assert!(shown);
}
