//! What [`Mailbox::expire`](crate::Mailbox::expire) promises.

use super::Fixture;
use super::fixture::{ALICE, BOB, LIFE, MINUTE, SECOND, WINDOW, stored};
use crate::{Appended, Depth, Holder, Letter};

pub async fn only_mail_whose_time_has_passed_goes(f: Fixture) {
    f.put(ALICE, "old").await;
    f.clock.advance(MINUTE);
    f.put(ALICE, "young").await;
    f.put(BOB, "young").await;
    assert_eq!(f.expire(100).await, 0);
    f.clock.advance(LIFE - SECOND);
    assert_eq!(f.expire(100).await, 1);
    assert_eq!(f.waiting(ALICE).await, ["young"]);
    assert_eq!(f.waiting(BOB).await, ["young"]);
    assert_eq!(f.depth(ALICE).await.bytes, 5);
}

pub async fn no_more_is_removed_than_allowed(f: Fixture) {
    f.put_all(ALICE, &["1", "2", "3"]).await;
    f.put_all(BOB, &["1", "2"]).await;
    f.clock.advance(LIFE + SECOND);
    assert_eq!(
        [f.expire(2).await, f.expire(2).await, f.expire(2).await, f.expire(2).await],
        [2, 2, 1, 0]
    );
    assert_eq!(f.depth(ALICE).await, Depth::default());
    assert_eq!(f.depth(BOB).await, Depth::default());
}

pub async fn mail_in_flight_expires_too(f: Fixture) {
    let given = f.put_all(ALICE, &["1", "2"]).await;
    f.clock.advance(LIFE - SECOND);
    f.lease(ALICE, Holder::Request(1), 1).await;
    f.clock.advance(SECOND * 2);
    assert_eq!(f.expire(100).await, 2);
    assert_eq!(f.depth(ALICE).await, Depth::default());
    f.release(ALICE, Holder::Request(1)).await;
    assert_eq!(f.acknowledge(ALICE, &given).await, 0);
    f.put(ALICE, "3").await;
    assert_eq!(f.depth(ALICE).await.messages, 1);
}

pub async fn expired_mail_makes_room(f: Fixture) {
    let quota = crate::Quota { messages: 1, bytes: 100 };
    stored(f.append(ALICE, Letter { quota, ..f.letter("1") }).await);
    f.clock.advance(LIFE + SECOND);
    f.expire(100).await;
    stored(f.append(ALICE, Letter { quota, ..f.letter("2") }).await);
}

pub async fn a_retry_of_expired_mail_is_a_duplicate_until_its_window_ends(f: Fixture) {
    stored(f.append(ALICE, Letter { expires: f.now() + MINUTE, ..f.letter("short") }).await);
    f.clock.advance(MINUTE + SECOND);
    assert_eq!(f.expire(100).await, 1);
    assert_eq!(f.append(ALICE, f.letter("short")).await, Appended::Duplicate);
    f.clock.advance(WINDOW);
    assert_eq!(f.expire(100).await, 0);
    f.put(ALICE, "short").await;
}

pub async fn mail_outlives_its_dedupe(f: Fixture) {
    f.put(ALICE, "1").await;
    f.clock.advance(WINDOW + SECOND);
    f.expire(100).await;
    assert_eq!(f.waiting(ALICE).await, ["1"]);
}
