//! What [`Mailbox::peek`](crate::Mailbox::peek), [`Mailbox::lease`](crate::Mailbox::lease) and
//! [`Mailbox::depth`](crate::Mailbox::depth) give.

use super::Fixture;
use super::fixture::{ALICE, ALL, BOB, MINUTE, SECOND, ids, key, stored, texts};
use crate::{Demand, Depth, Holder, Letter};

const NONE: [&str; 0] = [];

pub async fn a_peek_repeats_and_a_lease_does_not(f: Fixture) {
    f.put_all(ALICE, &["1", "2"]).await;
    assert_eq!(f.waiting(ALICE).await, ["1", "2"]);
    assert_eq!(f.waiting(ALICE).await, ["1", "2"]);
    assert_eq!(texts(&f.lease(ALICE, Holder::Request(1), 9).await), ["1", "2"]);
    assert_eq!(texts(&f.lease(ALICE, Holder::Request(1), 9).await), NONE);
    assert_eq!(f.waiting(ALICE).await, NONE);
}

pub async fn an_empty_mailbox_gives_nothing(f: Fixture) {
    assert_eq!(f.waiting(ALICE).await, NONE);
    assert_eq!(f.lease(ALICE, Holder::Request(1), 9).await, []);
    assert_eq!(f.depth(ALICE).await, Depth::default());
}

pub async fn no_more_messages_are_given_than_wanted(f: Fixture) {
    f.put_all(ALICE, &["1", "2", "3"]).await;
    for wanted in [0, 1, 2, 3] {
        assert_eq!(f.peek(ALICE, &Demand::of(wanted, usize::MAX)).await.len(), wanted);
    }
    assert_eq!(texts(&f.lease(ALICE, Holder::Request(1), 0).await), NONE);
    assert_eq!(texts(&f.lease(ALICE, Holder::Request(1), 2).await), ["1", "2"]);
    assert_eq!(texts(&f.lease(ALICE, Holder::Request(1), 2).await), ["3"]);
}

pub async fn no_more_bytes_are_given_than_wanted_but_always_one_message(f: Fixture) {
    f.put_all(ALICE, &["12345", "123", "12"]).await;
    for (wanted, given) in [(0, 1), (1, 1), (7, 1), (8, 2), (9, 2), (10, 3)] {
        assert_eq!(f.peek(ALICE, &Demand::of(9, wanted)).await.len(), given, "{wanted} bytes");
    }
    let leased = f
        .stores
        .mailbox
        .lease(ALICE, Holder::Request(1), f.now() + MINUTE, &Demand::of(9, 4))
        .await;
    assert_eq!(texts(&leased.expect("lease")), ["12345"]);
    assert_eq!(f.peek(ALICE, &Demand::of(0, 9)).await, []);
}

pub async fn a_large_message_is_not_passed_over_for_a_small_one(f: Fixture) {
    f.put_all(ALICE, &["1", "much too large", "2"]).await;
    assert_eq!(texts(&f.peek(ALICE, &Demand::of(9, 5)).await), ["1"]);
}

async fn put_for_two_keys(f: &Fixture) {
    for (text, number) in [("a1", 1), ("b22", 2), ("a3", 1), ("b44", 2), ("a5", 1)] {
        f.clock.advance(SECOND);
        stored(f.append(ALICE, Letter { destination: key(number), ..f.letter(text) }).await);
    }
}

pub async fn a_key_chooses_and_keeps_the_order(f: Fixture) {
    put_for_two_keys(&f).await;
    assert_eq!(texts(&f.peek(ALICE, &Demand { key: Some(key(2)), ..ALL }).await), ["b22", "b44"]);
    assert_eq!(
        texts(&f.peek(ALICE, &Demand { key: Some(key(1)), messages: 2, ..ALL }).await),
        ["a1", "a3"]
    );
    assert_eq!(
        texts(&f.peek(ALICE, &Demand { key: Some(key(1)), bytes: 4, ..ALL }).await),
        ["a1", "a3"]
    );
    assert_eq!(f.peek(ALICE, &Demand { key: Some(key(3)), ..ALL }).await, []);
}

pub async fn a_lease_of_one_key_leaves_the_others(f: Fixture) {
    put_for_two_keys(&f).await;
    let demand = Demand { key: Some(key(1)), messages: 2, ..ALL };
    let leased = f
        .stores
        .mailbox
        .lease(ALICE, Holder::Request(1), f.now() + MINUTE, &demand)
        .await
        .expect("lease");
    assert_eq!(texts(&leased), ["a1", "a3"]);
    assert_eq!(f.waiting(ALICE).await, ["b22", "b44", "a5"]);
}

pub async fn ids_stay_the_same_over_redelivery(f: Fixture) {
    let given = f.put_all(ALICE, &["1", "2"]).await;
    for holder in [1, 2, 3].map(Holder::Request) {
        assert_eq!(ids(&f.lease(ALICE, holder, 9).await), given);
        f.release(ALICE, holder).await;
    }
    assert_eq!(ids(&f.peek(ALICE, &ALL).await), given);
}

pub async fn a_window_bounds_what_one_holder_has_in_hand(f: Fixture) {
    let given = f.put_all(ALICE, &["1", "2", "3", "4", "5"]).await;
    let demand = Demand { window: 3, ..Demand::of(2, usize::MAX) };
    let lease = async |holder| {
        f.stores.mailbox.lease(ALICE, holder, f.now() + MINUTE, &demand).await.expect("lease")
    };
    assert_eq!(texts(&lease(Holder::Request(1)).await), ["1", "2"]);
    assert_eq!(texts(&lease(Holder::Request(1)).await), ["3"]);
    assert_eq!(texts(&lease(Holder::Request(1)).await), NONE);
    assert_eq!(texts(&lease(Holder::Request(2)).await), ["4", "5"]);
    f.acknowledge(ALICE, &given[1..2]).await;
    f.put(ALICE, "6").await;
    assert_eq!(texts(&lease(Holder::Request(1)).await), ["6"]);
}

pub async fn depth_counts_messages_and_bytes_of_one_mailbox(f: Fixture) {
    f.put(BOB, "not hers").await;
    let oldest = f.now();
    f.put(ALICE, "123").await;
    f.clock.advance(MINUTE);
    f.put(ALICE, "45").await;
    let expected = Depth { messages: 2, bytes: 5, oldest: Some(oldest), newest: Some(f.now()) };
    assert_eq!(f.depth(ALICE).await, expected);
    assert_eq!(f.other.mailbox.depth(ALICE, None).await, Ok(expected));
}

pub async fn depth_leaves_out_what_is_in_flight(f: Fixture) {
    let start = f.now();
    for text in ["1", "22", "333", "4444"] {
        f.put(ALICE, text).await;
        f.clock.advance(SECOND);
    }
    f.lease(ALICE, Holder::Request(1), 1).await;
    let without_first = Depth {
        messages: 3,
        bytes: 9,
        oldest: Some(start + SECOND),
        newest: Some(start + SECOND * 3),
    };
    assert_eq!(f.depth(ALICE).await, without_first);
    f.lease(ALICE, Holder::Request(2), 9).await;
    f.release(ALICE, Holder::Request(1)).await;
    let first = Depth { messages: 1, bytes: 1, oldest: Some(start), newest: Some(start) };
    assert_eq!(f.depth(ALICE).await, first);
    f.clock.advance(MINUTE * 2);
    assert_eq!(f.depth(ALICE).await.messages, 4);
}

pub async fn depth_follows_its_key(f: Fixture) {
    let start = f.now();
    put_for_two_keys(&f).await;
    f.lease(ALICE, Holder::Request(1), 1).await;
    let depth = f.stores.mailbox.depth(ALICE, Some(&key(1))).await.expect("depth");
    assert_eq!(
        depth,
        Depth {
            messages: 2,
            bytes: 4,
            oldest: Some(start + SECOND * 3),
            newest: Some(start + SECOND * 5)
        }
    );
    let depth = f.stores.mailbox.depth(ALICE, Some(&key(2))).await.expect("depth");
    assert_eq!(
        depth,
        Depth {
            messages: 2,
            bytes: 6,
            oldest: Some(start + SECOND * 2),
            newest: Some(start + SECOND * 4)
        }
    );
    assert_eq!(f.stores.mailbox.depth(ALICE, Some(&key(3))).await, Ok(Depth::default()));
}
