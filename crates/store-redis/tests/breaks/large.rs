//! Mailboxes with much in them: Redis does nothing else while a script looks through one.

use std::time::Duration;

use didcomm::{Destination, VerKey};
use futures_util::{StreamExt, stream};
use servers::{RedisServer, RedisSpec};
use store::{Appended, Clock, Demand, Holder, Letter, Mailbox};
use store_redis::Options;

use crate::party::{ALICE, ALL, Party, texts};

#[tokio::test(flavor = "multi_thread")]
async fn a_large_mailbox_is_walked_once_to_be_rid_of_what_has_expired() {
    const MESSAGES: usize = 10_000;
    let server = RedisServer::start(RedisSpec::plain()).await;
    let party = Party::on(Options::new(server.url())).await;
    let soon = party.clock.now() + Duration::from_secs(60);
    let letters = (0..MESSAGES).map(|number| {
        let mut letter = party.letter(&number.to_string());
        letter.dedupe[..8].copy_from_slice(&(number as u64).to_be_bytes());
        // The first thousand stays for longer than the rest.
        letter.expires = if number < 1_000 { letter.expires } else { soon };
        letter
    });
    append_all(&party, letters).await;
    party.clock.advance(Duration::from_secs(61));
    server.cli(&["CONFIG", "RESETSTAT"]).await;
    let mut removed = 0;
    while removed < 9_000 {
        let some = party.here.expire(party.clock.now(), 1_000).await.expect("expire");
        assert!((1..=1_000).contains(&some), "{removed} were removed, and {some}");
        removed += some;
    }
    assert_eq!(party.here.expire(party.clock.now(), 1_000).await, Ok(0));
    let left = party.here.depth(ALICE, None).await.expect("depth");
    assert_eq!(left.messages, 1_000);
    // Pages of 128: each call goes on where the one before has ended.
    let pages = calls_of(&server, "xrange").await;
    assert!(pages < 2 * MESSAGES / 128, "{pages} pages were read");
    // It comes again when the first of the rest has expired.
    party.clock.advance(Duration::from_secs(86_400));
    assert_eq!(party.here.expire(party.clock.now(), 5_000).await, Ok(1_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_of_one_key_is_found_behind_much_of_another() {
    const OTHERS: usize = 10_000;
    let server = RedisServer::start(RedisSpec::plain()).await;
    let party = Party::on(Options::new(server.url())).await;
    let rare = Destination::Key(VerKey::from_bytes([2; 32]));
    let letters = (0..OTHERS + 3).map(|number| {
        let mut letter = party.letter(&number.to_string());
        letter.dedupe[..8].copy_from_slice(&(number as u64).to_be_bytes());
        if number >= OTHERS {
            letter.destination = rare.clone();
        }
        letter
    });
    // In their order: the rare ones are the last.
    let (others, rares): (Vec<_>, Vec<_>) = letters.partition(|letter| letter.destination != rare);
    append_all(&party, others).await;
    for letter in rares {
        party.here.append(ALICE, letter).await.expect("append");
    }
    server.cli(&["CONFIG", "RESETSTAT"]).await;
    let depth = party.here.depth(ALICE, Some(&rare)).await.expect("depth");
    assert_eq!(depth.messages, 3);
    assert!(calls_of(&server, "evalsha").await >= OTHERS / 5_000, "Redis had no rest");
    let wanted = Demand { key: Some(rare), ..ALL };
    let holder = Holder::Request(1);
    let until = party.clock.now() + Duration::from_secs(60);
    let leased = party.here.lease(ALICE, holder, until, &wanted).await.expect("lease");
    assert_eq!(texts(&leased), ["10000", "10001", "10002"]);
    assert_eq!(party.here.depth(ALICE, wanted.key.as_ref()).await.expect("depth").messages, 0);
}

/// Many at once, in any order.
async fn append_all(party: &Party, letters: impl IntoIterator<Item = Letter>) {
    let appends = letters.into_iter().map(|letter| party.here.append(ALICE, letter));
    let mut appended = stream::iter(appends).buffer_unordered(200);
    while let Some(appended) = appended.next().await {
        assert!(matches!(appended, Ok(Appended::Stored { .. })), "{appended:?}");
    }
}

/// How often a command was called, in scripts too.
async fn calls_of(server: &RedisServer, command: &str) -> usize {
    let stats = server.cli(&["INFO", "commandstats"]).await;
    let head = format!("cmdstat_{command}:calls=");
    let calls = stats
        .lines()
        .find_map(|line| line.strip_prefix(&head))
        .and_then(|rest| rest.split(',').next());
    calls.map_or(0, |calls| calls.parse().expect("a number"))
}
