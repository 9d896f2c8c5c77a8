//! What [`Mailbox::append`](crate::Mailbox::append) promises.

use std::collections::BTreeSet;

use bytes::Bytes;
use didcomm::Destination;

use super::Fixture;
use super::fixture::{ALICE, ALL, BOB, MINUTE, SECOND, WINDOW, ids, stored, texts};
use crate::{Appended, Holder, Letter, Mail, Position, Quota, Stores};

pub async fn mail_is_visible_everywhere_when_its_append_returns(f: Fixture) {
    let position = f.put(ALICE, "hello").await;
    let seen = f.other.mailbox.peek(ALICE, &ALL).await.expect("peek");
    assert_eq!(ids(&seen), [position]);
}

pub async fn an_envelope_comes_out_as_it_went_in(f: Fixture) {
    let every_byte: Vec<u8> = (0..1 << 20).map(|place| (place % 251) as u8).collect();
    let destination = Destination::Did("did:example:123".into());
    let letter = Letter { envelope: Bytes::from(every_byte), destination, ..f.letter("large") };
    let position = stored(f.append(ALICE, letter.clone()).await);
    let Letter { envelope, destination, received, .. } = letter;
    assert_eq!(f.peek(ALICE, &ALL).await, [Mail { position, envelope, destination, received }]);
}

pub async fn appends_one_after_another_keep_their_order(f: Fixture) {
    let mut positions = Vec::new();
    for number in 0..40 {
        let stores = if number % 2 == 0 { &f.stores } else { &f.other };
        let appended =
            stores.mailbox.append(ALICE, f.letter(&number.to_string())).await.expect("append");
        positions.push(stored(appended));
    }
    assert!(positions.is_sorted_by(|a, b| a < b), "{positions:?}");
    assert_eq!(ids(&f.peek(ALICE, &ALL).await), positions);
}

pub async fn appends_at_the_same_time_each_get_a_place_of_their_own(f: Fixture) {
    let writers: Vec<_> = (0..16).map(|writer| tokio::spawn(write_five(&f, writer))).collect();
    let mut given = BTreeSet::new();
    for writer in writers {
        let positions = writer.await.expect("a writer");
        assert!(positions.is_sorted_by(|a, b| a < b), "{positions:?}");
        given.extend(positions);
    }
    assert_eq!(given.len(), 16 * 5);
    assert_eq!(ids(&f.peek(ALICE, &ALL).await), given.into_iter().collect::<Vec<_>>());
}

fn write_five(f: &Fixture, writer: usize) -> impl Future<Output = Vec<Position>> + Send + 'static {
    let stores: Stores = if writer.is_multiple_of(2) { f.stores.clone() } else { f.other.clone() };
    let letters: Vec<_> = (0..5).map(|number| f.letter(&format!("{writer}/{number}"))).collect();
    async move {
        let mut positions = Vec::new();
        for letter in letters {
            positions.push(stored(stores.mailbox.append(ALICE, letter).await.expect("append")));
        }
        positions
    }
}

pub async fn two_mailboxes_do_not_see_each_other(f: Fixture) {
    f.put(ALICE, "for alice").await;
    f.put(BOB, "for bob").await;
    assert_eq!(f.waiting(ALICE).await, ["for alice"]);
    assert_eq!(texts(&f.lease(BOB, Holder::Request(1), 9).await), ["for bob"]);
    assert_eq!(f.waiting(ALICE).await, ["for alice"]);
}

pub async fn no_two_messages_of_any_mailboxes_share_a_position(f: Fixture) {
    let mut given = f.put_all(ALICE, &["1", "2", "3"]).await;
    given.extend(f.put_all(BOB, &["1", "2", "3"]).await);
    assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), 6, "{given:?}");
}

pub async fn a_retry_is_a_duplicate_while_its_mail_waits(f: Fixture) {
    f.put(ALICE, "once").await;
    assert_eq!(f.append(ALICE, f.letter("once")).await, Appended::Duplicate);
    f.lease(ALICE, Holder::Request(1), 1).await;
    assert_eq!(f.append(ALICE, f.letter("once")).await, Appended::Duplicate);
    f.release(ALICE, Holder::Request(1)).await;
    assert_eq!(f.waiting(ALICE).await, ["once"]);
}

pub async fn a_retry_is_a_duplicate_after_its_mail_was_acknowledged(f: Fixture) {
    let position = f.put(ALICE, "once").await;
    f.acknowledge(ALICE, &[position]).await;
    f.clock.advance(WINDOW - SECOND);
    assert_eq!(f.append(ALICE, f.letter("once")).await, Appended::Duplicate);
    assert_eq!(f.waiting(ALICE).await, [""; 0]);
}

pub async fn a_retry_after_its_window_is_new_mail(f: Fixture) {
    f.put(ALICE, "again").await;
    f.clock.advance(WINDOW + SECOND);
    f.put(ALICE, "again").await;
    assert_eq!(f.waiting(ALICE).await, ["again", "again"]);
}

pub async fn a_duplicate_does_not_prolong_its_window(f: Fixture) {
    f.put(ALICE, "again").await;
    f.clock.advance(WINDOW - SECOND);
    assert_eq!(f.append(ALICE, f.letter("again")).await, Appended::Duplicate);
    f.clock.advance(SECOND * 2);
    f.put(ALICE, "again").await;
}

pub async fn of_retries_at_the_same_time_one_is_kept(f: Fixture) {
    let retries = (0..16).map(|number| {
        let (stores, letter) =
            (if number % 2 == 0 { &f.stores } else { &f.other }.clone(), f.letter("once"));
        tokio::spawn(async move { stores.mailbox.append(ALICE, letter).await.expect("append") })
    });
    let mut kept = 0;
    for retry in retries.collect::<Vec<_>>() {
        kept += usize::from(retry.await.expect("a writer") != Appended::Duplicate);
    }
    assert_eq!(kept, 1);
    assert_eq!(f.waiting(ALICE).await, ["once"]);
}

pub async fn the_same_letter_in_two_mailboxes_is_no_duplicate(f: Fixture) {
    f.put(ALICE, "for both").await;
    f.put(BOB, "for both").await;
    assert_eq!(f.waiting(BOB).await, ["for both"]);
}

fn within(letter: Letter, messages: u64, bytes: u64) -> Letter {
    Letter { quota: Quota { messages, bytes }, ..letter }
}

pub async fn a_quota_of_messages_is_kept_to_the_message(f: Fixture) {
    let first = stored(f.append(ALICE, within(f.letter("1"), 2, 100)).await);
    stored(f.append(ALICE, within(f.letter("2"), 2, 100)).await);
    assert_eq!(f.append(ALICE, within(f.letter("3"), 2, 100)).await, Appended::MailboxFull);
    f.acknowledge(ALICE, &[first]).await;
    stored(f.append(ALICE, within(f.letter("3"), 2, 100)).await);
    assert_eq!(f.waiting(ALICE).await, ["2", "3"]);
}

pub async fn a_quota_of_bytes_is_kept_to_the_byte(f: Fixture) {
    let first = stored(f.append(ALICE, within(f.letter("12345"), 9, 10)).await);
    assert_eq!(f.append(ALICE, within(f.letter("123456"), 9, 10)).await, Appended::MailboxFull);
    stored(f.append(ALICE, within(f.letter("54321"), 9, 10)).await);
    assert_eq!(f.append(ALICE, within(f.letter("6"), 9, 10)).await, Appended::MailboxFull);
    f.acknowledge(ALICE, &[first]).await;
    stored(f.append(ALICE, within(f.letter("6"), 9, 10)).await);
}

pub async fn a_full_mailbox_fills_no_other(f: Fixture) {
    stored(f.append(ALICE, within(f.letter("1"), 1, 100)).await);
    stored(f.append(BOB, within(f.letter("1"), 1, 100)).await);
}

pub async fn mail_in_flight_counts_against_the_quota(f: Fixture) {
    stored(f.append(ALICE, within(f.letter("1"), 1, 100)).await);
    f.lease(ALICE, Holder::Request(1), 1).await;
    assert_eq!(f.append(ALICE, within(f.letter("2"), 1, 100)).await, Appended::MailboxFull);
}

pub async fn a_duplicate_at_a_full_mailbox_is_a_duplicate(f: Fixture) {
    stored(f.append(ALICE, within(f.letter("1"), 1, 100)).await);
    assert_eq!(f.append(ALICE, within(f.letter("1"), 1, 100)).await, Appended::Duplicate);
}

pub async fn a_letter_that_found_no_room_may_come_again(f: Fixture) {
    let first = stored(f.append(ALICE, within(f.letter("1"), 1, 100)).await);
    assert_eq!(f.append(ALICE, within(f.letter("2"), 1, 100)).await, Appended::MailboxFull);
    f.acknowledge(ALICE, &[first]).await;
    f.clock.advance(MINUTE);
    stored(f.append(ALICE, within(f.letter("2"), 1, 100)).await);
}
