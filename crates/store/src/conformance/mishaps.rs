//! What engines of several servers, or beyond a network, go through while they run. One that has neither cannot have these mishaps; it
//! keeps the promises all the same.

use super::Fixture;
use super::fixture::{ALICE, ALL, ids, texts};
use crate::Notice;

pub async fn mail_that_comes_while_wakes_are_lost_rings_all_the_same(f: Fixture) {
    let mut session = f.session(ALICE).await;
    for round in 0..3 {
        f.lose_wakes().await;
        f.other.mailbox.append(ALICE, f.letter(&round.to_string())).await.expect("append");
        assert_eq!(session.hears().await, Notice::Mail, "round {round}");
        let leased = f.lease(ALICE, session.holder, 9).await;
        assert_eq!(texts(&leased), [round.to_string()]);
        session.settle().await;
    }
}

pub async fn mail_keeps_its_order_and_its_ids_when_it_moves_to_another_server(f: Fixture) {
    let mut session = f.distant_session(ALICE).await;
    let mut given = f.put_all(ALICE, &["1", "2", "3"]).await;
    f.relocate().await;
    assert_eq!(ids(&f.peek(ALICE, &ALL).await), given);
    session.settle().await;
    given.push(f.put(ALICE, "4").await);
    assert_eq!(session.hears().await, Notice::Mail);
    assert!(given.is_sorted());
    assert_eq!(f.acknowledge(ALICE, &given[..3]).await, 3);
    assert_eq!(f.waiting(ALICE).await, ["4"]);
}
