//! Who has mail in hand, and when that ends.

use std::collections::BTreeSet;

use super::Fixture;
use super::fixture::{ALICE, ALL, HERE, MINUTE, SECOND, Session, THERE, claimant, ids, texts};
use crate::{Demand, Holder, Manner, Notice, StoreError};

const NONE: [&str; 0] = [];
const ONE: Holder = Holder::Request(1);
const TWO: Holder = Holder::Request(2);

pub async fn what_one_instance_leased_no_other_hands_out(f: Fixture) {
    f.put_all(ALICE, &["1", "2"]).await;
    f.lease(ALICE, ONE, 1).await;
    assert_eq!(texts(&f.other.mailbox.peek(ALICE, &ALL).await.expect("peek")), ["2"]);
    let leased = f.other.mailbox.lease(ALICE, TWO, f.now() + MINUTE, &ALL).await.expect("lease");
    assert_eq!(texts(&leased), ["2"]);
}

pub async fn leases_at_the_same_time_do_not_overlap(f: Fixture) {
    let all: BTreeSet<_> = {
        let texts: Vec<_> = (0..60).map(|number| number.to_string()).collect();
        f.put_all(ALICE, &texts.iter().map(String::as_str).collect::<Vec<_>>())
            .await
            .into_iter()
            .collect()
    };
    let until = f.now() + MINUTE;
    let readers = (0..8).map(|number| {
        let mailbox = if number % 2 == 0 { &f.stores } else { &f.other }.mailbox.clone();
        tokio::spawn(async move {
            let mut got = Vec::new();
            for _ in 0..4 {
                let demand = Demand::of(2, usize::MAX);
                got.extend(
                    mailbox
                        .lease(ALICE, Holder::Request(number), until, &demand)
                        .await
                        .expect("lease"),
                );
            }
            ids(&got)
        })
    });
    let mut leased = Vec::new();
    for reader in readers.collect::<Vec<_>>() {
        leased.extend(reader.await.expect("a reader"));
    }
    assert_eq!(leased.len(), 60);
    assert_eq!(leased.into_iter().collect::<BTreeSet<_>>(), all);
}

pub async fn a_lease_that_ran_out_is_handed_out_again_from_its_old_place(f: Fixture) {
    f.put_all(ALICE, &["1", "2", "3"]).await;
    f.lease(ALICE, ONE, 2).await;
    f.clock.advance(MINUTE - SECOND);
    assert_eq!(f.waiting(ALICE).await, ["3"]);
    f.clock.advance(SECOND * 2);
    assert_eq!(f.waiting(ALICE).await, ["1", "2", "3"]);
    assert_eq!(texts(&f.lease(ALICE, TWO, 9).await), ["1", "2", "3"]);
}

pub async fn a_demand_of_nothing_renews(f: Fixture) {
    f.put_all(ALICE, &["1", "2"]).await;
    f.lease(ALICE, ONE, 1).await;
    f.clock.advance(MINUTE - SECOND);
    let renewed = f.other.mailbox.lease(ALICE, ONE, f.now() + MINUTE, &Demand::NOTHING).await;
    assert_eq!(renewed, Ok(vec![]));
    f.clock.advance(MINUTE - SECOND);
    assert_eq!(f.waiting(ALICE).await, ["2"]);
    f.clock.advance(SECOND * 2);
    assert_eq!(f.waiting(ALICE).await, ["1", "2"]);
}

pub async fn a_lease_renews_the_older_marks_of_its_holder_and_of_nobody_else(f: Fixture) {
    f.put_all(ALICE, &["1", "2", "3"]).await;
    f.lease(ALICE, ONE, 1).await;
    f.lease(ALICE, TWO, 1).await;
    f.clock.advance(MINUTE - SECOND);
    f.lease(ALICE, ONE, 1).await;
    f.clock.advance(SECOND * 2);
    assert_eq!(f.waiting(ALICE).await, ["2"]);
}

pub async fn a_late_renewal_takes_nothing_back_from_another(f: Fixture) {
    f.put(ALICE, "1").await;
    f.lease(ALICE, ONE, 1).await;
    f.clock.advance(MINUTE + SECOND);
    f.lease(ALICE, TWO, 1).await;
    f.lease(ALICE, ONE, 0).await;
    f.release(ALICE, ONE).await;
    assert_eq!(f.waiting(ALICE).await, NONE);
    f.release(ALICE, TWO).await;
    assert_eq!(f.waiting(ALICE).await, ["1"]);
}

pub async fn release_puts_mail_back_to_its_old_place(f: Fixture) {
    f.put_all(ALICE, &["1", "2", "3", "4"]).await;
    f.lease(ALICE, ONE, 1).await;
    f.lease(ALICE, TWO, 1).await;
    f.lease(ALICE, ONE, 1).await;
    f.release(ALICE, ONE).await;
    assert_eq!(f.waiting(ALICE).await, ["1", "3", "4"]);
    f.release(ALICE, TWO).await;
    assert_eq!(f.waiting(ALICE).await, ["1", "2", "3", "4"]);
}

pub async fn release_of_an_unknown_holder_changes_nothing(f: Fixture) {
    f.put_all(ALICE, &["1", "2"]).await;
    f.lease(ALICE, ONE, 1).await;
    f.release(ALICE, TWO).await;
    assert_eq!(f.waiting(ALICE).await, ["2"]);
}

pub async fn release_rings_whoever_watches(f: Fixture) {
    f.put(ALICE, "1").await;
    let mut session = f.distant_session(ALICE).await;
    f.lease(ALICE, ONE, 1).await;
    session.settle().await;
    f.release(ALICE, ONE).await;
    assert_eq!(session.hears().await, Notice::Mail);
    assert_eq!(texts(&f.lease(ALICE, session.holder, 9).await), ["1"]);
}

pub async fn a_newer_watch_voids_the_marks_of_older_sessions(f: Fixture) {
    f.put_all(ALICE, &["1", "2", "3"]).await;
    let old = f.session(ALICE).await;
    f.lease(ALICE, old.holder, 2).await;
    let new = f.distant_session(ALICE).await;
    assert_eq!(f.waiting(ALICE).await, ["1", "2", "3"]);
    assert_eq!(texts(&f.lease(ALICE, new.holder, 9).await), ["1", "2", "3"]);
}

pub async fn a_newer_watch_leaves_the_marks_of_requests(f: Fixture) {
    f.put_all(ALICE, &["1", "2"]).await;
    f.lease(ALICE, ONE, 1).await;
    let new = f.session(ALICE).await;
    assert_eq!(texts(&f.lease(ALICE, new.holder, 9).await), ["2"]);
}

pub async fn a_claim_alone_voids_nothing(f: Fixture) {
    f.put_all(ALICE, &["1", "2"]).await;
    let session = f.session(ALICE).await;
    f.lease(ALICE, session.holder, 1).await;
    f.stores.presence.claim(ALICE, &claimant(HERE)).await.expect("claim");
    assert_eq!(f.waiting(ALICE).await, ["2"]);
}

pub async fn a_displaced_session_leases_and_renews_no_more(f: Fixture) {
    f.put(ALICE, "1").await;
    let old = f.session(ALICE).await;
    let _new = f.distant_session(ALICE).await;
    for demand in [&ALL, &Demand::NOTHING] {
        let refused = f.stores.mailbox.lease(ALICE, old.holder, f.now() + MINUTE, demand).await;
        assert_eq!(refused, Err(StoreError::Displaced));
    }
    assert_eq!(f.waiting(ALICE).await, ["1"]);
}

pub async fn a_watch_with_an_old_epoch_is_displaced(f: Fixture) {
    let old = f.session(ALICE).await;
    let mut new = f.distant_session(ALICE).await;
    assert_eq!(
        f.stores.mailbox.watch(ALICE, old.epoch, Manner::ALONE).await.err(),
        Some(StoreError::Displaced)
    );
    assert_eq!(
        f.other.mailbox.watch(ALICE, old.epoch, Manner::ALONE).await.err(),
        Some(StoreError::Displaced)
    );
    new.hears_nothing().await;
}

pub async fn a_displaced_session_that_releases_leaves_the_newer_alone(f: Fixture) {
    f.put_all(ALICE, &["1", "2"]).await;
    let old = f.session(ALICE).await;
    let mut new = f.session(ALICE).await;
    f.lease(ALICE, new.holder, 1).await;
    f.release(ALICE, old.holder).await;
    drop(old);
    assert_eq!(f.waiting(ALICE).await, ["2"]);
    new.settle().await;
    f.put(ALICE, "3").await;
    assert_eq!(new.hears().await, Notice::Mail);
}

pub async fn a_session_that_released_reads_no_more(f: Fixture) {
    f.put(ALICE, "1").await;
    let session = f.session(ALICE).await;
    f.lease(ALICE, session.holder, 1).await;
    f.release(ALICE, session.holder).await;
    assert_eq!(f.waiting(ALICE).await, ["1"]);
    let refused = f.stores.mailbox.lease(ALICE, session.holder, f.now() + MINUTE, &ALL).await;
    assert_eq!(refused, Err(StoreError::Displaced));
    let next = f.session(ALICE).await;
    assert_eq!(texts(&f.lease(ALICE, next.holder, 9).await), ["1"]);
}

pub async fn what_a_displaced_session_has_lingers_as_its_successor_says(f: Fixture) {
    f.put_all(ALICE, &["1", "2", "3"]).await;
    let old = f.session(ALICE).await;
    f.lease(ALICE, old.holder, 2).await;
    let manner = Manner { linger: SECOND * 5, ..Manner::ALONE };
    let new = Session::new(&f.other, ALICE, THERE, manner).await;
    f.stores.mailbox.release(ALICE, old.holder, MINUTE).await.expect("release");
    drop(old);
    f.put(ALICE, "4").await;
    assert_eq!(f.waiting(ALICE).await, ["3", "4"]);
    assert_eq!(texts(&f.lease(ALICE, new.holder, 1).await), ["3"]);
    f.clock.advance(SECOND * 5);
    assert_eq!(f.waiting(ALICE).await, ["1", "2", "4"]);
    assert_eq!(texts(&f.lease(ALICE, new.holder, 9).await), ["1", "2", "4"]);
}

pub async fn what_is_released_lingers_as_long_as_was_said_and_no_longer_than_its_lease(f: Fixture) {
    f.put_all(ALICE, &["1", "2"]).await;
    let session = f.session(ALICE).await;
    f.lease(ALICE, session.holder, 1).await;
    f.lease(ALICE, ONE, 1).await;
    f.stores.mailbox.release(ALICE, session.holder, SECOND * 5).await.expect("release");
    f.stores.mailbox.release(ALICE, ONE, MINUTE * 9).await.expect("release");
    drop(session);
    assert_eq!(f.waiting(ALICE).await, NONE);
    f.clock.advance(SECOND * 5);
    assert_eq!(f.waiting(ALICE).await, ["1"]);
    f.clock.advance(MINUTE);
    assert_eq!(f.waiting(ALICE).await, ["1", "2"]);
}

pub async fn lingering_mail_can_be_acknowledged(f: Fixture) {
    let given = f.put_all(ALICE, &["1", "2"]).await;
    let old = f.session(ALICE).await;
    f.lease(ALICE, old.holder, 2).await;
    let manner = Manner { linger: SECOND * 5, ..Manner::ALONE };
    let _new = Session::new(&f.other, ALICE, THERE, manner).await;
    assert_eq!(f.acknowledge(ALICE, &given[..1]).await, 1);
    f.clock.advance(SECOND * 5);
    assert_eq!(f.waiting(ALICE).await, ["2"]);
}

pub async fn readers_that_share_are_each_given_every_message(f: Fixture) {
    let mut first = Session::new(&f.stores, ALICE, HERE, Manner::SHARED).await;
    let mut second = Session::new(&f.other, ALICE, THERE, Manner::SHARED).await;
    f.put_all(ALICE, &["1", "2"]).await;
    for session in [&mut first, &mut second] {
        assert_eq!(session.hears().await, Notice::Mail);
        assert_eq!(texts(&f.lease(ALICE, session.holder, 9).await), ["1", "2"]);
        assert_eq!(texts(&f.lease(ALICE, session.holder, 9).await), NONE);
    }
    assert_eq!(f.waiting(ALICE).await, NONE);
    assert_eq!(f.depth(ALICE).await.messages, 0);
}

pub async fn an_acknowledgement_by_one_who_shares_is_one_for_all(f: Fixture) {
    let first = Session::new(&f.stores, ALICE, HERE, Manner::SHARED).await;
    let mut second = Session::new(&f.other, ALICE, THERE, Manner::SHARED).await;
    let given = f.put_all(ALICE, &["1", "2"]).await;
    f.lease(ALICE, first.holder, 9).await;
    f.lease(ALICE, second.holder, 1).await;
    second.settle().await;
    let heard = f.stores.mailbox.acknowledge(ALICE, &given[..1], Some(first.epoch)).await;
    assert_eq!(heard, Ok(1));
    assert_eq!(second.hears().await, Notice::Mail);
    assert_eq!(texts(&f.lease(ALICE, second.holder, 9).await), ["2"]);
    f.release(ALICE, first.holder).await;
    f.release(ALICE, second.holder).await;
    assert_eq!(f.waiting(ALICE).await, ["2"]);
}

pub async fn what_one_who_shared_leaves_another_still_has(f: Fixture) {
    f.put(ALICE, "1").await;
    let first = Session::new(&f.stores, ALICE, HERE, Manner::SHARED).await;
    let second = Session::new(&f.other, ALICE, THERE, Manner::SHARED).await;
    f.lease(ALICE, first.holder, 9).await;
    f.lease(ALICE, second.holder, 9).await;
    f.release(ALICE, first.holder).await;
    assert_eq!(f.waiting(ALICE).await, NONE);
    f.release(ALICE, second.holder).await;
    assert_eq!(f.waiting(ALICE).await, ["1"]);
}

pub async fn one_that_comes_alone_displaces_all_who_share(f: Fixture) {
    f.put(ALICE, "1").await;
    let mut first = Session::new(&f.stores, ALICE, HERE, Manner::SHARED).await;
    let mut second = Session::new(&f.other, ALICE, THERE, Manner::SHARED).await;
    f.lease(ALICE, first.holder, 9).await;
    let alone = f.session(ALICE).await;
    assert_eq!(first.hears().await, Notice::Displaced);
    assert_eq!(second.hears().await, Notice::Displaced);
    assert_eq!(texts(&f.lease(ALICE, alone.holder, 9).await), ["1"]);
}

pub async fn the_marks_of_a_dead_instances_sessions_are_void_until_it_renews(f: Fixture) {
    f.renew(THERE, SECOND * 4).await;
    f.put_all(ALICE, &["1", "2"]).await;
    let distant = f.distant_session(ALICE).await;
    f.lease(ALICE, distant.holder, 1).await;
    f.clock.advance(SECOND * 3);
    assert_eq!(f.waiting(ALICE).await, ["2"]);
    f.clock.advance(SECOND);
    assert_eq!(f.waiting(ALICE).await, ["1", "2"]);
    f.renew(THERE, SECOND * 4).await;
    let again = f.other.mailbox.lease(ALICE, distant.holder, f.now() + MINUTE, &ALL).await;
    assert_eq!(texts(&again.expect("the newest session still reads")), ["1", "2"]);
}
