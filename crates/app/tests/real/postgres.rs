//! Mediators on PostgreSQL, and databases that are of no use.

use std::path::Path;

use servers::{Certificates, PgSpec, Postgres};

use crate::running::{Running, restante, run, text, until};

/// The exit code and what was said on standard error.
fn refused(home: &Path, url: &str) -> (Option<i32>, String) {
    refused_with(home, url, &[])
}

/// The same with more in the environment.
fn refused_with(home: &Path, url: &str, env: &[(&str, &str)]) -> (Option<i32>, String) {
    // A URL with a password may come from the environment only.
    let mut command = restante(home, &["mediator", "--listen", "127.0.0.1:0"]);
    command.env("RESTANTE_STORE", url).envs(env.iter().copied());
    let outcome = command.output().expect("the binary runs");
    (outcome.status.code(), text(&outcome.stderr))
}

fn expect_refusal(url: &str, code: i32, words: &str) {
    let home = tempfile::tempdir().expect("a directory");
    let (found, said) = refused(home.path(), url);
    assert_eq!(found, Some(code), "{said}");
    assert!(said.contains(words), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mediators_with_one_root_secret_share_a_database_and_another_one_is_refused() {
    let database = Postgres::shared().await.database().await;
    let (home, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = Running::start(home.path(), &["--store", &database]);
    let two = Running::start(home.path(), &["--store", &database]);
    assert!(one.get("/health/ready").starts_with("HTTP/1.1 200"));
    assert!(two.get("/health/ready").starts_with("HTTP/1.1 200"));
    let (code, said) = refused(elsewhere.path(), &database);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("another root secret"), "{said}");
    assert_eq!((one.terminate(), two.terminate()), (Some(0), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_errand_is_done_beside_the_mediators() {
    let database = Postgres::shared().await.database().await;
    let home = tempfile::tempdir().unwrap();
    let _running = Running::start(home.path(), &["--store", &database]);
    let invite =
        ["invite", "--once", "--public-url", "https://m.example.org", "--store", &database];
    let once = run(home.path(), &invite);
    assert!(text(&once.stdout).starts_with("https://m.example.org"), "{}", text(&once.stderr));
    let letters = run(home.path(), &["dead-letters", "list", "--store", &database]);
    assert_eq!(text(&letters.stdout), "There are no dead letters.\n", "{}", text(&letters.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_the_settings_promise() {
    let database = Postgres::shared().await.database().await;
    let home = tempfile::tempdir().unwrap();
    let said = text(&run(home.path(), &["doctor", "--store", &database]).stdout);
    assert!(said.contains("synchronous_commit on or local, no synchronous standby"), "{said}");
    assert!(said.contains("ok      clock"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mediator_is_not_ready_while_its_database_is_away_and_lives_on() {
    let mut server = Postgres::start(PgSpec::plain()).await;
    let home = tempfile::tempdir().unwrap();
    let running = Running::start(home.path(), &["--store", &server.url()]);
    server.kill().await;
    until("it is not ready", || running.get("/health/ready").starts_with("HTTP/1.1 503")).await;
    assert!(running.get("/health/live").starts_with("HTTP/1.1 200"));
    server.restart().await;
    until("it is ready", || running.get("/health/ready").starts_with("HTTP/1.1 200")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_so_and_not_repeated() {
    let server = Postgres::start(PgSpec::with_password()).await;
    let url = format!("postgres://postgres:hunter2@127.0.0.1:{}/postgres", server.port());
    let home = tempfile::tempdir().unwrap();
    let (code, said) = refused(home.path(), &url);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("refuses the login") && !said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_authority_is_said_so_and_the_right_one_is_good() {
    const CACERTS: &str = "RESTANTE_POSTGRES__SSL__CACERTS";
    let (server, home) =
        (Postgres::start(PgSpec::plain()).await, tempfile::tempdir().expect("a directory"));
    let right = server.speaks_tls().await;
    let other = Certificates::make(home.path());
    let wrong = [(CACERTS, other.ca.to_str().expect("a path"))];
    let (code, said) = refused_with(home.path(), &server.url(), &wrong);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("ssl.cacerts"), "{said}");
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'restante'";
    assert_eq!(server.sql("postgres", schemas).await, "0", "no data is touched");
    let settings = format!("[postgres.ssl]\ncacerts = '{}'\n", right.ca.display());
    std::fs::write(home.path().join("restante.toml"), settings).expect("a file");
    let running = Running::start(home.path(), &["--store", &server.url()]);
    assert!(running.get("/health/ready").starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_rights_is_told_which_ones() {
    let server = Postgres::shared().await;
    let database = server.database().await;
    server.sql("postgres", "CREATE ROLE poor LOGIN").await;
    let url = database.replace("postgres@", "poor@");
    expect_refusal(&url, 2, "lacks rights");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_of_a_newer_version_is_left_alone() {
    let server = Postgres::shared().await;
    let database = server.database().await;
    let name = database.rsplit('/').next().unwrap().to_owned();
    let home = tempfile::tempdir().unwrap();
    Running::start(home.path(), &["--store", &database]).terminate();
    server.sql(&name, "UPDATE restante.schema_version SET version = 99").await;
    expect_refusal(&database, 2, "use the newer program");
    let version = server.sql(&name, "SELECT version FROM restante.schema_version").await;
    assert_eq!(version, "99");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_writes_is_refused() {
    let server = Postgres::start(PgSpec::plain().with("default_transaction_read_only", "on")).await;
    expect_refusal(&server.url(), 2, "takes no writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_said_so() {
    let server = Postgres::shared().await;
    expect_refusal(&server.url_of("nowhere"), 2, "Create it");
    expect_refusal("postgres://postgres@127.0.0.1:1/postgres", 1, "cannot be reached");
}
