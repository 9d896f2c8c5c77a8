//! Wakes across stores, and without the connection that brings them.

use futures_util::future::join_all;
use store::{Holder, Mailbox, Notice, RecipientId, Timestamp};

use crate::support::{ALICE, ALL, client, eventually, forget, fresh, hears, open, put, session};

/// Ends the connections that listen.
const DEAFEN: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
    where datname = current_database() and pid <> pg_backend_pid() and query like '%beat(%'";

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_arrives_also_when_the_listening_connection_was_cut() {
    let (here, url) = fresh().await;
    let there = open(&url).await;
    let (_, mut watch) = session(&here, ALICE).await;
    let client = client(&url).await;
    for number in 0..5 {
        eventually(async || !client.query(DEAFEN, &[]).await.expect("a query").is_empty()).await;
        put(&there, ALICE, number).await;
        assert_eq!(hears(&mut watch).await, Notice::Mail);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_the_server_has_forgotten_is_put_back() {
    let (here, url) = fresh().await;
    let there = open(&url).await;
    let (epoch, mut watch) = session(&here, ALICE).await;
    let client = client(&url).await;
    forget(&client, &["marks", "holders", "readers"]).await;
    put(&there, ALICE, 1).await;
    let leased = here.lease(ALICE, Holder::Session(epoch), Timestamp::NEVER, &ALL).await;
    assert_eq!(leased.expect("the session still reads").len(), 1);
    put(&there, ALICE, 2).await;
    assert_eq!(hears(&mut watch).await, Notice::Mail);
    // The same without anybody asking, when the connection that listens comes back.
    forget(&client, &["marks", "holders", "readers"]).await;
    client.query(DEAFEN, &[]).await.expect("a query");
    let restored = "select from readers";
    eventually(async || client.query(restored, &[]).await.expect("a query").len() == 1).await;
    assert!(there.append(ALICE, crate::support::letter(3)).await.is_ok());
    assert_eq!(hears(&mut watch).await, Notice::Mail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_displaced_is_not_put_back() {
    let (here, url) = fresh().await;
    let there = open(&url).await;
    let (old, mut watch) = session(&here, ALICE).await;
    let (_, newer) = session(&there, ALICE).await;
    assert_eq!(hears(&mut watch).await, Notice::Displaced);
    drop(newer);
    client(&url).await.batch_execute("truncate readers").await.expect("forgotten");
    let leased = here.lease(ALICE, Holder::Session(old), Timestamp::NEVER, &ALL).await;
    assert_eq!(leased, Err(store::StoreError::Displaced));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_watch_frees_what_it_had_in_hand() {
    let (here, url) = fresh().await;
    let there = open(&url).await;
    put(&here, ALICE, 1).await;
    let (epoch, watch) = session(&here, ALICE).await;
    let leased = here.lease(ALICE, Holder::Session(epoch), Timestamp::NEVER, &ALL).await;
    assert_eq!(leased.expect("lease").len(), 1);
    drop(watch);
    eventually(async || there.peek(ALICE, &ALL).await.expect("peek").len() == 1).await;
    assert!(
        client(&url).await.query("select from readers", &[]).await.expect("a query").is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_notified_of_mail_that_nobody_elsewhere_reads() {
    let (here, url) = fresh().await;
    let there = open(&url).await;
    let (_, mut watch) = session(&here, ALICE).await;
    let listener = Listener::on(&url).await;
    put(&here, ALICE, 1).await;
    assert_eq!(hears(&mut watch).await, Notice::Mail);
    put(&there, ALICE, 2).await;
    assert_eq!(hears(&mut watch).await, Notice::Mail);
    assert_eq!(listener.heard().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_readers_elsewhere_are_told_of_a_batch_in_one_notification() {
    const READERS: u8 = 40;
    let (here, url) = fresh().await;
    let there = open(&url).await;
    let mut watches = Vec::new();
    for reader in 0..READERS {
        watches.push(session(&here, RecipientId([reader; 16])).await.1);
    }
    let listener = Listener::on(&url).await;
    let appends = (0..READERS).map(|reader| put(&there, RecipientId([reader; 16]), 1));
    join_all(appends).await;
    for watch in &mut watches {
        assert_eq!(hears(watch).await, Notice::Mail);
    }
    // The first goes alone; what comes meanwhile goes together.
    let heard = listener.heard().await;
    assert!(heard <= usize::from(READERS / 4), "{heard} notifications");
}

/// Somebody who counts the notifications of mail.
struct Listener {
    client: tokio_postgres::Client,
    heard: tokio::sync::mpsc::UnboundedReceiver<String>,
}

impl Listener {
    async fn on(url: &str) -> Self {
        let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
        let (client, mut connection) = connected.expect("a connection");
        let (sender, heard) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(message)) =
                std::future::poll_fn(|cx| connection.poll_message(cx)).await
            {
                if let tokio_postgres::AsyncMessage::Notification(told) = message
                    && sender.send(told.payload().to_owned()).is_err()
                {
                    return;
                }
            }
        });
        client.batch_execute("listen \"restante:restante\"").await.expect("it listens");
        Self { client, heard }
    }

    async fn heard(mut self) -> usize {
        // What was told before arrives before the answer.
        self.client.simple_query("").await.expect("an answer");
        let mut heard = 0;
        while let Ok(told) = self.heard.try_recv() {
            heard += usize::from(told.starts_with('m'));
        }
        heard
    }
}
