//! A database that was put back to an earlier state must not give an old id to new mail.

use std::io::{Seek, Write};
use std::process::Command;

use servers::{PgSpec, Postgres};
use store::{Mailbox, Position, Presence};

use crate::support::{
    ALICE, client, eventually, forget, fresh, letter, open, position, put, session, waiting,
};

/// Counts two appends of Alice again, and makes the server believe what `happened`.
async fn lose_two(url: &str, happened: &str) {
    let client = client(url).await;
    let sql = format!(
        "delete from messages where sequence > 1; delete from remembered where dedupe <> '\\x00000001000000000000000000000000'; \
         update mailboxes set last = 1, messages = 1, bytes = 2048; {happened}"
    );
    client.batch_execute(&sql).await.expect("the past");
}

async fn is_another(before: Position, after: Position) {
    assert_eq!(before.sequence, after.sequence, "it is counted again");
    assert_ne!(before.incarnation, after.incarnation);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_a_crash_lost_come_back_under_other_ids() {
    let (store, url) = fresh().await;
    let kept = put(&store, ALICE, 1).await;
    let lost = put(&store, ALICE, 2).await;
    put(&store, ALICE, 3).await;
    // A crash and a promotion empty the unlogged tables.
    lose_two(&url, "truncate lives, holders, marks").await;
    let again = put(&store, ALICE, 4).await;
    is_another(lost, again).await;
    assert_eq!(store.acknowledge(ALICE, &[lost], None).await, Ok(0));
    assert_eq!(waiting(&store, ALICE).await, [kept, again]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_begins_another_life_too() {
    let mut server = Postgres::start(PgSpec::plain()).await;
    let store = open(&server.url()).await;
    put(&store, ALICE, 1).await;
    let lost = put(&store, ALICE, 2).await;
    put(&store, ALICE, 3).await;
    // A copy of the files of an earlier time looks like this.
    lose_two(&server.url(), "").await;
    server.restart().await;
    eventually(async || store.append(ALICE, letter(1)).await.is_ok()).await;
    is_another(lost, put(&store, ALICE, 4).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_dump_begins_another_life() {
    let (store, url) = fresh().await;
    let kept = put(&store, ALICE, 1).await;
    let dump = output(Command::new("pg_dump").arg(&url), "");
    let lost = put(&store, ALICE, 2).await;
    drop(store);
    client(&url).await.batch_execute("drop schema restante cascade").await.expect("a loss");
    output(Command::new("psql").args(["--quiet", "--set", "ON_ERROR_STOP=1", &url]), &dump);
    let store = open(&url).await;
    let again = put(&store, ALICE, 3).await;
    is_another(lost, again).await;
    assert_eq!(waiting(&store, ALICE).await, [kept, again]);
}

fn output(command: &mut Command, input: &str) -> String {
    let mut given = tempfile::tempfile().expect("a file");
    given.write_all(input.as_bytes()).and_then(|()| given.rewind()).expect("the input");
    let output = command.stdin(given).output().expect("the server's tools are installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a text")
}

#[tokio::test(flavor = "multi_thread")]
async fn epochs_grow_though_all_claims_are_lost() {
    let (store, url) = fresh().await;
    let (before, watch) = session(&store, ALICE).await;
    forget(&client(&url).await, &["claims", "readers", "mailboxes"]).await;
    let (after, _watch) = session(&store, ALICE).await;
    assert!(before < after);
    drop(watch);
    assert!(store.renew("here", store::Timestamp::NEVER).await.is_ok());
    position(store.append(ALICE, letter(1)).await.expect("append"));
}
