//! What an operator gets to read when something is wrong.

use servers::{PgSpec, Postgres};
use store::Timestamp;
use store_postgres::{ConnectError, Options, PostgresStore, Promise};

use crate::disguise::disguised;
use crate::support::{client, clock, fresh, open};

async fn refused(options: Options) -> ConnectError {
    let connected = PostgresStore::connect(options, clock()).await;
    connected.err().expect("the connection is refused")
}

/// Everything that the database holds in schemas of its own.
async fn contents(url: &str) -> String {
    let client = client(url).await;
    let sql = "select coalesce(string_agg(n.nspname || '.' || c.relname, ' '), '') from pg_class c \
               join pg_namespace n on n.oid = c.relnamespace where n.nspname !~ '^(pg_|information_)'";
    client.query_one(sql, &[]).await.expect("the catalogue").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_named_and_not_shown() {
    let server = Postgres::start(PgSpec::with_password()).await;
    open(&server.url()).await;
    let options = Options { password: Some("geheim".to_owned()), ..Options::new(server.url()) };
    let error = refused(options).await;
    assert!(matches!(error, ConnectError::Login(_)), "{error}");
    assert!(error.to_string().contains("password") && !error.to_string().contains("geheim"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_named() {
    let error = refused(Options::new("postgres://postgres@127.0.0.1:1/postgres")).await;
    assert!(matches!(error, ConnectError::Unreachable(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_named() {
    let server = Postgres::shared().await;
    let error = refused(Options::new(server.url_of("nowhere"))).await;
    assert!(
        matches!(&error, ConnectError::NoDatabase(text) if text.contains("nowhere")),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_left_alone() {
    let (store, url) = fresh().await;
    drop(store);
    let client = client(&url).await;
    client.batch_execute("update schema_version set version = 99").await.expect("an update");
    let before = contents(&url).await;
    let error = refused(Options::new(&url)).await;
    assert!(matches!(error, ConnectError::NewerSchema { found: 99, known: 1, .. }), "{error}");
    assert_eq!(contents(&url).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_rights_is_told_what_to_grant() {
    let server = Postgres::shared().await;
    let url = server.database().await;
    let admin = client(&url).await;
    admin.batch_execute("create role guest login").await.expect("a role");
    let guests = url.replace("postgres@", "guest@");
    let error = refused(Options::new(&guests)).await;
    assert!(matches!(error, ConnectError::Rights(..)), "{error}");
    assert!(error.to_string().contains("GRANT CREATE ON DATABASE"), "{error}");
    assert_eq!(contents(&url).await, "");
    // With a schema of its own it needs no right on the database.
    admin.batch_execute("create schema restante authorization guest").await.expect("a schema");
    PostgresStore::connect(Options::new(&guests), clock()).await.expect("it is let in");
    // And tables that belong to others are of no use.
    admin.batch_execute("create role stranger login").await.expect("a role");
    let error = refused(Options::new(url.replace("postgres@", "stranger@"))).await;
    assert!(matches!(error, ConnectError::Rights(..)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_writes_is_named_and_left_alone() {
    let server = Postgres::start(PgSpec::plain().with("default_transaction_read_only", "on")).await;
    let error = refused(Options::new(server.url())).await;
    assert_eq!(error, ConnectError::ReadOnly);
    assert_eq!(contents(&server.url()).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_before_15_is_told_its_age_and_left_alone() {
    let server = Postgres::start(PgSpec::plain()).await;
    let number = "select current_setting('server_version_num')::int";
    let row = client(&server.url()).await.query_one(number, &[]).await.expect("a number");
    // As a value of four bytes in a row.
    let value = |number: i32| [4, number].map(i32::to_be_bytes).concat();
    let port = disguised(server.port(), value(row.get(0)), value(149_999)).await;
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let error = refused(Options::new(url)).await;
    assert!(matches!(error, ConnectError::TooOld(_)), "{error}");
    assert!(error.to_string().contains("15 or newer is needed"), "{error}");
    assert_eq!(contents(&server.url()).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_instances_that_come_first_make_one_schema() {
    let url = Postgres::shared().await.database().await;
    let instances = (0..4).map(|_| {
        let options = Options::new(&url);
        tokio::spawn(async move { PostgresStore::connect(options, clock()).await.is_ok() })
    });
    for instance in instances.collect::<Vec<_>>() {
        assert!(instance.await.expect("an instance"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deployments_in_two_schemas_do_not_see_each_other() {
    use crate::support::{ALICE, put, waiting};
    let (one, url) = fresh().await;
    let options = Options { schema: "other".to_owned(), ..Options::new(&url) };
    let other = PostgresStore::connect(options, clock()).await.expect("another schema");
    put(&one, ALICE, 1).await;
    assert_eq!(waiting(&other, ALICE).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_say_what_is_promised() {
    let (store, url) = fresh().await;
    let settings = store.settings().await.expect("settings");
    assert_eq!(settings.promise(), Promise::WhileTheDiskLasts);
    assert!(settings.local && !settings.encrypted && settings.version.starts_with("15"));
    let client = client(&url).await;
    let sql = "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$";
    client.batch_execute(sql).await.expect("a setting");
    let weaker = open(&url).await.settings().await.expect("settings");
    assert_eq!(weaker.promise(), Promise::AllButTheLastMoment);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_time_is_told() {
    let (store, _) = fresh().await;
    let time = store.time().await.expect("a time");
    assert!(time > Timestamp(1_700_000_000_000) && time < Timestamp(10_000_000_000_000));
}
