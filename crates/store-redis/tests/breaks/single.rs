//! A single server that dies, forgets, fills up or falls silent.

use std::time::Duration;

use servers::{RedisServer, RedisSpec};
use store::{Appended, Epoch, Holder, Mailbox, Manner, Presence, Role, StoreError};
use store_redis::Options;
use tokio::time::{Instant, sleep};

use crate::party::{ALICE, ALL, Party, Session, texts};

const SOON: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_arrives_though_the_connection_for_wakes_was_killed() {
    let server = RedisServer::start(RedisSpec::plain()).await;
    let party = Party::on(Options::new(server.url())).await;
    let mut session = party.session(ALICE).await;
    for round in 0..5 {
        server.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        party.put(ALICE, &round.to_string()).await;
        assert!(session.hears_within(SOON).await, "round {round}");
        assert_eq!(texts(&party.lease(ALICE, &session).await), [round.to_string()]);
        while session.hears_within(Duration::from_millis(300)).await {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_silent_for_a_while_at_the_start_is_waited_for() {
    let server = RedisServer::start(RedisSpec::plain()).await;
    server.pause();
    let starts = tokio::spawn(Party::on(Options::new(server.url())));
    // Longer than one try takes.
    sleep(Duration::from_secs(2)).await;
    assert!(!starts.is_finished());
    server.resume();
    let party = starts.await.expect("it starts");
    assert!(party.put(ALICE, "new").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgot_everything_serves_the_same_sessions_and_repeats_no_id() {
    let mut server = RedisServer::start(RedisSpec::plain()).await;
    let party = Party::on(Options::new(server.url())).await;
    let mut session = party.session(ALICE).await;
    let old = party.put(ALICE, "old").await.expect("new mail");
    server.kill().await;
    server.restart().await;
    party.put(ALICE, "other").await;
    assert!(session.hears_within(SOON).await, "the session is a reader again");
    let leased = party.lease(ALICE, &session).await;
    assert_eq!(texts(&leased), ["other"]);
    assert_eq!(leased[0].position.sequence, old.sequence, "it counts again");
    assert_eq!(party.here.acknowledge(ALICE, &[old], None).await, Ok(0));
    assert!(party.session(ALICE).await.epoch > session.epoch);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_share_a_mailbox_all_outlast_a_server_that_forgot_everything() {
    let mut server = RedisServer::start(RedisSpec::plain()).await;
    let party = Party::on(Options::new(server.url())).await;
    let mut one = Session::new(&party.here, "here", ALICE, Manner::SHARED).await;
    let mut other = Session::new(&party.there, "there", ALICE, Manner::SHARED).await;
    server.kill().await;
    server.restart().await;
    party.put(ALICE, "new").await;
    // Whoever is unknown is rung, asks for mail, and finds out.
    for session in [&mut one, &mut other] {
        assert!(session.hears_within(SOON).await, "a session was displaced or heard nothing");
    }
    let mut displaced = 0;
    for (store, session) in [(&party.here, &one), (&party.there, &other)] {
        let (holder, until) = (Holder::Session(session.epoch), store::Timestamp::NEVER);
        let leased = store.lease(ALICE, holder, until, &ALL).await;
        displaced += usize::from(leased == Err(StoreError::Displaced));
    }
    assert!(displaced <= 1, "one of them is a reader again");
    // The other claims anew, and reads beside it.
    let mut again = Session::new(&party.there, "there", ALICE, Manner::SHARED).await;
    party.put(ALICE, "newer").await;
    assert!(again.hears_within(SOON).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_with_an_old_copy_repeats_no_id() {
    let mut server = RedisServer::start(RedisSpec::plain()).await;
    let party = Party::on(Options::new(server.url())).await;
    party.put(ALICE, "saved").await;
    server.cli(&["SAVE"]).await;
    let mut session = party.session(ALICE).await;
    let lost = party.put(ALICE, "lost").await.expect("new mail");
    server.kill().await;
    server.restart().await;
    let new = party.put(ALICE, "new").await.expect("new mail");
    assert_eq!(new.sequence, lost.sequence, "it counts again");
    assert_ne!(new, lost);
    assert_eq!(party.here.acknowledge(ALICE, &[lost], None).await, Ok(0));
    assert!(session.hears_within(SOON).await, "the session is a reader, though that was lost");
    assert_eq!(texts(&party.lease(ALICE, &session).await), ["saved", "new"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_takes_no_mail_but_gives_it_and_lets_it_be_acknowledged() {
    let spec = RedisSpec::plain().with("maxmemory", "6mb");
    let server = RedisServer::start(spec).await;
    let party = Party::on(Options::new(server.url())).await;
    let mut kept = 0;
    let full = loop {
        let text = format!("{kept:0>50000}");
        match party.there.append(ALICE, party.letter(&text)).await {
            Ok(Appended::Stored { .. }) => kept += 1,
            other => break other,
        }
    };
    assert!(matches!(full, Err(StoreError::Full(_))), "{full:?}");
    let session = party.session(ALICE).await;
    let leased = party.lease(ALICE, &session).await;
    assert_eq!(leased.len(), kept);
    let ids: Vec<_> = leased.iter().map(|mail| mail.position).collect();
    assert_eq!(party.here.acknowledge(ALICE, &ids, Some(session.epoch)).await, Ok(kept));
    party.put(ALICE, "there is room again").await.expect("new mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_unavailable_within_two_seconds_and_no_mail_is_stuck_afterwards() {
    let server = RedisServer::start(RedisSpec::plain()).await;
    let party = Party::on(Options::new(server.url())).await;
    let session = party.session(ALICE).await;
    party.put(ALICE, "1").await;
    server.pause();
    let (until, holder) = (store::Timestamp::NEVER, Holder::Session(session.epoch));
    let began = Instant::now();
    let silent = party.here.lease(ALICE, holder, until, &ALL).await;
    assert!(matches!(silent, Err(StoreError::Unavailable(_))), "{silent:?}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    server.resume();
    // The lease that was given up is done by the server now; its answer goes nowhere.
    sleep(Duration::from_millis(200)).await;
    assert_eq!(texts(&party.lease(ALICE, &session).await), ["1"]);
    assert_eq!(party.lease(ALICE, &session).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_answer_was_lost_is_given_to_the_same_claimant() {
    let server = RedisServer::start(RedisSpec::plain()).await;
    let party = Party::on(Options::new(server.url())).await;
    let postman = store::Claimant { instance: "here".to_owned(), role: Role::Postman };
    let claim = async || {
        let now = store::Clock::now(&*party.clock);
        party.here.claim_vacant(ALICE, &postman, now).await
    };
    server.pause();
    assert!(claim().await.is_err());
    server.resume();
    sleep(Duration::from_millis(200)).await;
    assert!(claim().await.expect("an answer").is_some());
    assert_eq!(claim().await, Ok(None), "it is claimed now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_for_a_while_is_found_again() {
    let mut server = RedisServer::start(RedisSpec::durable()).await;
    let party = Party::on(Options::new(server.url())).await;
    let mut session = party.session(ALICE).await;
    server.kill().await;
    let began = Instant::now();
    let refused = party.there.append(ALICE, party.letter("1")).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    sleep(Duration::from_secs(2)).await;
    server.restart().await;
    party.put(ALICE, "1").await;
    assert!(session.hears_within(SOON).await);
    assert_eq!(texts(&party.lease(ALICE, &session).await), ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_of_a_mailbox_that_is_done_but_what_ends_by_itself() {
    let server = RedisServer::start(RedisSpec::plain()).await;
    let party = Party::on(Options::new(server.url())).await;
    let session = party.session(ALICE).await;
    for number in 0..50 {
        party.put(ALICE, &number.to_string()).await;
    }
    let ids: Vec<_> = party.lease(ALICE, &session).await.iter().map(|mail| mail.position).collect();
    party.here.acknowledge(ALICE, &ids, Some(session.epoch)).await.expect("acknowledge");
    let holder = Holder::Session(session.epoch);
    Mailbox::release(&*party.here, ALICE, holder, Duration::ZERO).await.expect("release");
    Presence::release(&*party.here, ALICE, session.epoch).await.expect("release");
    let keys = server.cli(&["KEYS", "*"]).await;
    for key in keys.lines().filter(|key| key.contains(&ALICE.to_string())) {
        assert!(["box", "dedupe"].iter().any(|end| key.ends_with(end)), "{key} stays");
        let life: i64 = server.cli(&["PTTL", key]).await.parse().expect("a number");
        assert!(life > 0, "{key} never ends");
    }
    assert_eq!(party.here.expire(store::Timestamp(1_800_000_000_000), 100).await, Ok(0));
    assert!(!server.cli(&["KEYS", "*"]).await.contains(":due"), "the index forgets");
    assert_eq!(
        party.here.watch(ALICE, Epoch(1), Manner::ALONE).await.err(),
        None,
        "nobody newer reads"
    );
}
