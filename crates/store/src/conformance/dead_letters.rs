//! What [`DeadLetters`](crate::DeadLetters) promises.

use bytes::Bytes;

use super::Fixture;
use super::fixture::{ALICE, BOB, key};
use crate::{DeadLetter, Mail, Position};

pub(super) fn dead(f: &Fixture, number: u64) -> DeadLetter {
    let position = Position { sequence: number, incarnation: 99 - number };
    let mail = Mail {
        position,
        envelope: Bytes::from(vec![0, 1, 255]),
        destination: key(1),
        received: f.now(),
    };
    let owner = if number.is_multiple_of(2) { ALICE } else { BOB };
    DeadLetter { owner, mail, reason: "410 Gone".into(), buried: f.now() }
}

pub async fn a_letter_buried_twice_is_kept_once(f: Fixture) {
    let first = dead(&f, 1);
    f.stores.dead_letters.bury(&first).await.expect("bury");
    f.other
        .dead_letters
        .bury(&DeadLetter { reason: "again".into(), ..first.clone() })
        .await
        .expect("bury");
    assert_eq!(f.stores.dead_letters.list(None, 10).await.expect("list").len(), 1);
}

pub async fn letters_are_listed_in_order_and_in_pages(f: Fixture) {
    for number in [3, 1, 2] {
        f.stores.dead_letters.bury(&dead(&f, number)).await.expect("bury");
    }
    let page = async |after, limit| f.other.dead_letters.list(after, limit).await.expect("list");
    let all = page(None, 10).await;
    assert_eq!(all, [dead(&f, 1), dead(&f, 2), dead(&f, 3)]);
    assert_eq!(page(None, 2).await, all[..2]);
    assert_eq!(page(Some(all[1].mail.position), 2).await, all[2..]);
    assert_eq!(page(Some(all[2].mail.position), 2).await, []);
    assert_eq!(page(Some(Position { sequence: 1, incarnation: u64::MAX }), 1).await, all[1..2]);
}

pub async fn an_exhumed_letter_is_given_once(f: Fixture) {
    let letter = dead(&f, 1);
    f.stores.dead_letters.bury(&letter).await.expect("bury");
    f.stores.dead_letters.bury(&dead(&f, 2)).await.expect("bury");
    assert_eq!(f.other.dead_letters.exhume(letter.mail.position).await, Ok(Some(letter.clone())));
    assert_eq!(f.stores.dead_letters.exhume(letter.mail.position).await, Ok(None));
    assert_eq!(f.stores.dead_letters.list(None, 10).await, Ok(vec![dead(&f, 2)]));
}
