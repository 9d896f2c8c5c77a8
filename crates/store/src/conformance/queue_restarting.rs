//! What of [`Queue`](crate::Queue) outlives the engine's process.

use super::Fixture;
use super::fixture::MINUTE;
use super::queue::{backlog, finish, push, take, texts};

pub async fn jobs_survive_a_restart_and_can_be_claimed_when_their_lease_ends_at_the_latest(
    f: Fixture,
) {
    push(&f, &["1", "2", "3"]).await;
    let jobs = take(&f, 2).await;
    assert!(finish(&f, jobs[1].ticket).await);
    let f = f.restart().await;
    f.clock.advance(MINUTE);
    assert_eq!(texts(&take(&f, 9).await), ["1", "3"]);
    assert_eq!(backlog(&f).await.bytes, 2);
}

pub async fn an_id_of_a_job_is_never_given_again(f: Fixture) {
    push(&f, &["1"]).await;
    let before = take(&f, 1).await[0].ticket;
    assert!(finish(&f, before).await);
    let f = f.restart().await;
    push(&f, &["2"]).await;
    assert!(!finish(&f, before).await);
    let after = take(&f, 9).await;
    assert_eq!(texts(&after), ["2"]);
    assert_ne!(after[0].ticket.id, before.id);
}
