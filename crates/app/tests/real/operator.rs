//! The first five minutes of an operator.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use crate::running::{Running, ask, free_address, restante, run, text};

#[test]
fn the_first_start_makes_what_it_needs_and_says_where_it_is() {
    let home = tempfile::tempdir().unwrap();
    let running = Running::start(home.path(), &[]);
    let said = running.said.join("\n");
    assert!(said.contains("/?oob=") || said.contains("?oob="), "{said}");
    assert!(said.contains("restante mediator --lan"), "{said}");
    let secret = home.path().join("restante-data/root-secret");
    assert_eq!(std::fs::metadata(secret).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(running.terminate(), Some(0));
}

#[test]
fn a_browser_and_a_probe_find_their_pages() {
    let home = tempfile::tempdir().unwrap();
    let running = Running::start(home.path(), &["--label", "Tom & Jerry"]);
    let page = running.get("/");
    assert!(
        page.contains("text/html") && page.contains("<svg") && page.contains("Tom &#38; Jerry")
    );
    let invitation = running.get("/invitation");
    assert!(invitation.contains("\"invitation_url\":\"http://127.0.0.1:"), "{invitation}");
    assert!(running.get("/health/ready").starts_with("HTTP/1.1 200"));
    assert!(running.get("/invitation?version=2").starts_with("HTTP/1.1 404"));
}

#[test]
fn the_identity_survives_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let id =
        |page: String| page.split("\"@id\":\"").nth(1).map(|rest| rest[..36].to_owned()).unwrap();
    let running = Running::start(home.path(), &[]);
    let before = id(running.get("/invitation"));
    running.terminate();
    assert_eq!(id(Running::start(home.path(), &[]).get("/invitation")), before);
}

#[test]
fn an_invitation_comes_from_the_running_mediator() {
    let home = tempfile::tempdir().unwrap();
    let running = Running::start(home.path(), &[]);
    let standing = run(home.path(), &["invite"]);
    assert!(running.get("/invitation").contains(text(&standing.stdout).trim()));
    let once = run(home.path(), &["invite", "--once", "--json"]);
    assert!(once.status.success() && text(&once.stdout).contains(&running.url));
    assert_ne!(run(home.path(), &["invite", "--once", "--json"]).stdout, once.stdout);
}

#[test]
fn an_invitation_needs_no_running_mediator() {
    let home = tempfile::tempdir().unwrap();
    let args = ["invite", "--once", "--public-url", "https://m.example.org"];
    let once = run(home.path(), &args);
    assert!(text(&once.stdout).starts_with("https://m.example.org"), "{}", text(&once.stderr));
}

#[test]
fn a_data_directory_serves_one_mediator_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let _running = Running::start(home.path(), &[]);
    let second = run(home.path(), &["mediator", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("in use by another process"), "{}", text(&second.stderr));
}

#[test]
fn a_port_that_is_taken_is_said_so() {
    let home = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let failed = run(home.path(), &["mediator", "--listen", &address]);
    assert_eq!(failed.status.code(), Some(2));
    assert!(text(&failed.stderr).contains("--listen names another"), "{}", text(&failed.stderr));
}

#[test]
fn what_cannot_be_followed_has_its_own_exit_code() {
    let home = tempfile::tempdir().unwrap();
    for args in [
        &["mediator", "--nonsense"][..],
        &["mediator", "--public-url", "ftp://x"],
        &["mediator", "--config", "missing.toml"],
        &["config", "check", "--set", "mailbox.retentoin=3d"],
        &["config", "check", "--tls-certificate", "missing.pem", "--tls-key", "missing.pem"],
    ] {
        let outcome = run(home.path(), args);
        assert_eq!(outcome.status.code(), Some(2), "{args:?}: {}", text(&outcome.stderr));
    }
}

#[test]
fn the_check_says_what_is_in_force_and_who_said_so() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("restante.toml"), "[mailbox]\nretention = '7d'\n").unwrap();
    let checked =
        restante(home.path(), &["config", "check"]).env("RESTANTE_LABEL", "Mine").output().unwrap();
    let said = text(&checked.stdout);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    assert!(said.contains("7d   from restante.toml:2"), "{said}");
    assert!(said.contains("Mine   from RESTANTE_LABEL"), "{said}");
}

#[test]
fn operators_read_counters_and_drain_on_their_own_port() {
    let home = tempfile::tempdir().unwrap();
    let port = free_address();
    let mut running = Running::start(home.path(), &["--admin-listen", &port]);
    assert!(ask(&port, "GET /metrics").contains("restante_messages_total{stage=\"queued\"} 0"));
    assert!(ask(&port, "GET /").starts_with("HTTP/1.1 404"));
    assert!(ask(&port, "POST /drain").starts_with("HTTP/1.1 202"));
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_doctor_looks_at_everything_and_starts_nothing() {
    let home = tempfile::tempdir().unwrap();
    let healthy = run(home.path(), &["doctor", "--public-url", "https://m.example.org"]);
    let said = text(&healthy.stdout);
    assert!(healthy.status.success(), "{said}{}", text(&healthy.stderr));
    for about in ["root secret", "public url", "descriptors", "mail"] {
        assert!(said.contains(about), "{about}: {said}");
    }
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none(), "it left something behind");
    let ill = run(home.path(), &["doctor", "--root-secret-file", "missing"]);
    assert_eq!(ill.status.code(), Some(1));
    assert!(text(&ill.stdout).contains("WRONG   root secret"), "{}", text(&ill.stdout));
}
