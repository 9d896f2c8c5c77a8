//! What [`Mailbox::acknowledge`](crate::Mailbox::acknowledge) promises.

use super::Fixture;
use super::fixture::{ALICE, ALL, BOB, MINUTE, ids, texts};
use crate::{Demand, Depth, Holder, Notice, Position};

const NONE: [&str; 0] = [];

pub async fn acknowledged_mail_is_gone_for_good(f: Fixture) {
    let given = f.put_all(ALICE, &["1", "2", "3"]).await;
    f.lease(ALICE, Holder::Request(1), 2).await;
    assert_eq!(f.acknowledge(ALICE, &given[..2]).await, 2);
    f.release(ALICE, Holder::Request(1)).await;
    assert_eq!(f.waiting(ALICE).await, ["3"]);
    assert_eq!(texts(&f.other.mailbox.peek(ALICE, &ALL).await.expect("peek")), ["3"]);
    assert_eq!(f.depth(ALICE).await.messages, 1);
}

pub async fn mail_can_be_acknowledged_in_any_order_and_before_it_was_handed_out(f: Fixture) {
    let given = f.put_all(ALICE, &["1", "2", "3", "4"]).await;
    assert_eq!(f.acknowledge(ALICE, &[given[3], given[1]]).await, 2);
    assert_eq!(f.waiting(ALICE).await, ["1", "3"]);
    assert_eq!(f.depth(ALICE).await.bytes, 2);
}

pub async fn an_acknowledgement_counts_once(f: Fixture) {
    let given = f.put_all(ALICE, &["1", "2"]).await;
    assert_eq!(f.acknowledge(ALICE, &[given[0], given[0]]).await, 1);
    assert_eq!(f.acknowledge(ALICE, &[given[0]]).await, 0);
    assert_eq!(f.acknowledge(ALICE, &[]).await, 0);
    assert_eq!(f.waiting(ALICE).await, ["2"]);
}

pub async fn ids_of_another_mailbox_remove_nothing(f: Fixture) {
    f.put(ALICE, "hers").await;
    let his = f.put(BOB, "his").await;
    f.lease(BOB, Holder::Request(1), 1).await;
    assert_eq!(f.acknowledge(ALICE, &[his]).await, 0);
    assert_eq!(f.waiting(ALICE).await, ["hers"]);
    assert_eq!(f.waiting(BOB).await, NONE, "the mark is still his");
    f.release(BOB, Holder::Request(1)).await;
    assert_eq!(f.waiting(BOB).await, ["his"]);
}

pub async fn unknown_ids_are_passed_over(f: Fixture) {
    let id = f.put(ALICE, "1").await;
    let of_another_life = Position { incarnation: id.incarnation ^ 1, ..id };
    let next = Position { sequence: id.sequence + 1, ..id };
    let largest = Position { sequence: u64::MAX, incarnation: u64::MAX };
    let unknown = [of_another_life, next, largest, Position { sequence: 0, incarnation: 0 }];
    assert_eq!(f.acknowledge(ALICE, &unknown).await, 0);
    assert_eq!(f.waiting(ALICE).await, ["1"]);
    assert_eq!(f.acknowledge(ALICE, &[unknown[0], id, unknown[2]]).await, 1);
}

pub async fn mail_can_be_acknowledged_while_another_has_it_in_hand(f: Fixture) {
    let given = f.put_all(ALICE, &["1", "22", "3"]).await;
    f.lease(ALICE, Holder::Request(1), 2).await;
    assert_eq!(f.other.mailbox.acknowledge(ALICE, &given[1..2], None).await, Ok(1));
    assert_eq!(f.depth(ALICE).await.messages, 1);
    f.clock.advance(MINUTE * 2);
    assert_eq!(f.waiting(ALICE).await, ["1", "3"]);
    assert_eq!(f.depth(ALICE).await.bytes, 2);
}

pub async fn no_mark_outlives_its_mail(f: Fixture) {
    let texts: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    let given = f.put_all(ALICE, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (mailbox, until) = (f.other.mailbox.clone(), f.now() + MINUTE);
    let leasing = tokio::spawn(async move {
        for _ in 0..50 {
            let demand = Demand::of(2, usize::MAX);
            mailbox.lease(ALICE, Holder::Request(1), until, &demand).await.expect("lease");
        }
    });
    for id in &given {
        assert_eq!(f.acknowledge(ALICE, &[*id]).await, 1);
    }
    leasing.await.expect("the other reader");
    assert_eq!(f.depth(ALICE).await, Depth::default());
    f.put(ALICE, "new").await;
    assert_eq!(f.depth(ALICE).await.messages, 1);
}

pub async fn an_acknowledgement_that_the_reader_did_not_hear_rings_it(f: Fixture) {
    let given = f.put_all(ALICE, &["1", "2"]).await;
    let mut session = f.distant_session(ALICE).await;
    assert_eq!(ids(&f.lease(ALICE, session.holder, 1).await), given[..1]);
    session.settle().await;
    assert_eq!(f.acknowledge(ALICE, &given[..1]).await, 1);
    assert_eq!(session.hears().await, Notice::Mail);
}

pub async fn an_acknowledgement_that_the_reader_heard_does_not_ring_it(f: Fixture) {
    let given = f.put_all(ALICE, &["1", "2"]).await;
    let mut session = f.session(ALICE).await;
    f.lease(ALICE, session.holder, 1).await;
    session.settle().await;
    assert_eq!(f.stores.mailbox.acknowledge(ALICE, &given[..1], Some(session.epoch)).await, Ok(1));
    session.hears_nothing().await;
}
