//! PostgreSQL, as the tests of the stores need it.

use servers::{PgSpec, Postgres};

#[tokio::test]
async fn what_was_committed_survives_a_kill() {
    let mut postgres = Postgres::start(PgSpec::plain()).await;
    postgres.sql("postgres", "CREATE TABLE t (n int); INSERT INTO t VALUES (7)").await;
    postgres.kill().await;
    postgres.restart().await;
    assert_eq!(postgres.sql("postgres", "SELECT n FROM t").await, "7");
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let postgres = Postgres::shared().await;
    let (one, other) = (postgres.database().await, postgres.database().await);
    assert_ne!(one, other);
    let name = one.rsplit('/').next().expect("a URL ends with the database");
    assert_eq!(postgres.sql(name, "SELECT current_database()").await, name);
}

#[tokio::test]
async fn a_password_is_asked_for_where_the_test_wants_that() {
    let postgres = Postgres::start(PgSpec::with_password().with("work_mem", "5MB")).await;
    assert!(postgres.url().contains(":poste-restante@"));
    assert_eq!(postgres.sql("postgres", "SHOW work_mem").await, "5MB");
    assert_eq!(
        postgres
            .sql("postgres", "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'trust'")
            .await,
        "0"
    );
}

#[tokio::test]
async fn a_paused_postgres_answers_when_it_is_resumed() {
    let postgres = Postgres::start(PgSpec::plain()).await;
    postgres.pause();
    let asked = postgres.sql("postgres", "SELECT 1");
    let asked = tokio::time::timeout(std::time::Duration::from_millis(200), asked).await;
    assert!(asked.is_err());
    postgres.resume();
    assert_eq!(postgres.sql("postgres", "SELECT 1").await, "1");
}

#[tokio::test]
async fn a_standby_takes_over_with_what_reached_it() {
    let mut primary = Postgres::start(PgSpec::plain()).await;
    let standby = Postgres::standby_of(&primary).await;
    primary.sql("postgres", "CREATE TABLE t (n int); INSERT INTO t VALUES (7)").await;
    primary.until_followed().await;
    primary.pause_part("walsender").await;
    primary.sql("postgres", "INSERT INTO t VALUES (8)").await;
    primary.kill().await;
    standby.promote().await;
    assert_eq!(standby.sql("postgres", "INSERT INTO t VALUES (9); SELECT n FROM t").await, "7\n9");
}

#[tokio::test]
async fn a_synchronous_standby_has_all_that_was_committed() {
    let primary = Postgres::start(PgSpec::with_synchronous_standby()).await;
    let _standby = Postgres::standby_of(&primary).await;
    primary.sql("postgres", "CREATE TABLE t (n int)").await;
    primary.pause_part("walsender").await;
    let committed = primary.sql("postgres", "INSERT INTO t VALUES (7)");
    let committed = tokio::time::timeout(std::time::Duration::from_millis(300), committed).await;
    assert!(committed.is_err(), "nobody else has it");
}
