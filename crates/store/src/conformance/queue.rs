//! What [`Queue`](crate::Queue) promises.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;

use super::Fixture;
use super::fixture::{MINUTE, SECOND, quiet};
use crate::{Backlog, Claim, Job, Pushed, QueueName, QueueWatch, Room, Stores, Ticket};

/// By the wall clock: how long a ring may be on its way.
const LATE: Duration = Duration::from_secs(10);

fn queue(name: &str) -> QueueName {
    name.parse().expect("a name")
}

pub(super) fn work() -> QueueName {
    queue("work")
}

fn bodies(texts: &[&str]) -> Vec<Bytes> {
    texts.iter().map(|text| Bytes::copy_from_slice(text.as_bytes())).collect()
}

pub(super) async fn push(f: &Fixture, texts: &[&str]) {
    let pushed = f.stores.queue.push(&work(), &bodies(texts), Room::ENDLESS).await;
    assert_eq!(pushed, Ok(Pushed::Kept));
}

/// Claims for a minute.
async fn claim(f: &Fixture, stores: &Stores, limit: usize) -> Claim {
    stores.queue.claim(&work(), limit, f.now() + MINUTE).await.expect("claim")
}

pub(super) async fn take(f: &Fixture, limit: usize) -> Vec<Job> {
    claim(f, &f.stores, limit).await.jobs
}

pub(super) fn texts(jobs: &[Job]) -> Vec<String> {
    jobs.iter().map(|job| String::from_utf8_lossy(&job.body).into_owned()).collect()
}

pub(super) async fn finish(f: &Fixture, ticket: Ticket) -> bool {
    f.stores.queue.finish(&work(), ticket).await.expect("finish")
}

pub(super) async fn backlog(f: &Fixture) -> Backlog {
    f.other.queue.backlog(&work()).await.expect("backlog")
}

async fn is_rung(watch: &mut QueueWatch) -> bool {
    tokio::time::timeout(LATE, watch.next()).await.is_ok()
}

pub async fn jobs_are_claimed_in_the_order_in_which_they_were_pushed(f: Fixture) {
    push(&f, &["1", "2"]).await;
    let pushed = f.other.queue.push(&work(), &bodies(&["3"]), Room::ENDLESS).await;
    assert_eq!(pushed, Ok(Pushed::Kept));
    assert_eq!(texts(&claim(&f, &f.other, 2).await.jobs), ["1", "2"]);
    assert_eq!(texts(&claim(&f, &f.stores, 9).await.jobs), ["3"]);
}

pub async fn a_job_comes_as_it_was_pushed(f: Fixture) {
    let body = Bytes::from_static(&[0, 255, b'\r', b'\n', 0]);
    let jobs = [body.clone(), Bytes::new()];
    f.stores.queue.push(&work(), &jobs, Room::ENDLESS).await.expect("push");
    let pushed = f.now();
    f.clock.advance(SECOND);
    let jobs = take(&f, 9).await;
    assert_eq!((&jobs[0].body, jobs[0].pushed, jobs[0].ticket.attempt), (&body, pushed, 1));
    assert!(jobs[1].body.is_empty());
}

pub async fn an_empty_queue_gives_nothing(f: Fixture) {
    let nothing = Claim { jobs: vec![], next: None };
    assert_eq!(claim(&f, &f.stores, 9).await, nothing);
    f.stores.queue.push(&work(), &[], Room::ENDLESS).await.expect("push");
    assert_eq!(claim(&f, &f.stores, 9).await, nothing);
    push(&f, &["1"]).await;
    assert_eq!(take(&f, 0).await, []);
}

pub async fn what_one_claimed_no_other_claims(f: Fixture) {
    push(&f, &["1", "2"]).await;
    assert_eq!(texts(&claim(&f, &f.stores, 1).await.jobs), ["1"]);
    assert_eq!(texts(&claim(&f, &f.other, 9).await.jobs), ["2"]);
    assert_eq!(claim(&f, &f.other, 9).await.jobs, []);
}

pub async fn claims_at_the_same_time_do_not_overlap(f: Fixture) {
    let names: Vec<_> = (0..200).map(|number| number.to_string()).collect();
    push(&f, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let until = f.now() + MINUTE;
    let consumers = (0..8).map(|number| {
        let queue = if number % 2 == 0 { &f.stores } else { &f.other }.queue.clone();
        tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let claim = queue.claim(&work(), 7, until).await.expect("claim");
                if claim.jobs.is_empty() {
                    return taken;
                }
                taken.extend(texts(&claim.jobs));
            }
        })
    });
    let mut taken = Vec::new();
    for consumer in consumers.collect::<Vec<_>>() {
        taken.extend(consumer.await.expect("a consumer"));
    }
    assert_eq!(taken.len(), 200);
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>().len(), 200);
}

pub async fn a_job_whose_lease_ran_out_comes_first_and_counts_the_attempt(f: Fixture) {
    push(&f, &["1", "2"]).await;
    take(&f, 1).await;
    f.clock.advance(MINUTE);
    let jobs = claim(&f, &f.other, 9).await.jobs;
    assert_eq!(texts(&jobs), ["1", "2"]);
    assert_eq!(jobs.iter().map(|job| job.ticket.attempt).collect::<Vec<_>>(), [2, 1]);
}

pub async fn a_finished_job_is_gone_for_good(f: Fixture) {
    push(&f, &["1", "2"]).await;
    let jobs = take(&f, 9).await;
    assert!(finish(&f, jobs[0].ticket).await);
    assert!(!finish(&f, jobs[0].ticket).await);
    f.clock.advance(MINUTE * 2);
    assert_eq!(texts(&claim(&f, &f.other, 9).await.jobs), ["2"]);
}

pub async fn work_that_is_done_late_is_done(f: Fixture) {
    push(&f, &["1"]).await;
    let slow = take(&f, 1).await;
    f.clock.advance(MINUTE);
    let second = claim(&f, &f.other, 1).await.jobs;
    assert!(finish(&f, slow[0].ticket).await);
    assert!(!finish(&f, second[0].ticket).await);
    f.clock.advance(MINUTE * 2);
    assert_eq!(take(&f, 9).await, []);
    assert_eq!(backlog(&f).await, Backlog::default());
}

pub async fn a_deferred_job_waits_for_its_time(f: Fixture) {
    push(&f, &["1", "2"]).await;
    let ticket = take(&f, 1).await[0].ticket;
    let at = f.now() + MINUTE * 5;
    assert_eq!(f.other.queue.defer(&work(), ticket, at).await, Ok(true));
    f.clock.advance(MINUTE * 5 - SECOND);
    assert_eq!(texts(&take(&f, 9).await), ["2"]);
    f.clock.advance(SECOND);
    let again = take(&f, 9).await;
    assert_eq!((texts(&again), again[0].ticket.attempt), (vec!["1".to_owned()], 2));
}

pub async fn a_deferral_prolongs_a_lease_and_leaves_the_ticket_valid(f: Fixture) {
    push(&f, &["1"]).await;
    let ticket = take(&f, 1).await[0].ticket;
    for _ in 0..3 {
        f.clock.advance(MINUTE - SECOND);
        let until = f.now() + MINUTE;
        assert_eq!(f.stores.queue.defer(&work(), ticket, until).await, Ok(true));
        assert_eq!(claim(&f, &f.other, 9).await.jobs, []);
    }
    assert!(finish(&f, ticket).await);
}

pub async fn an_older_ticket_defers_nothing(f: Fixture) {
    push(&f, &["1"]).await;
    let old = take(&f, 1).await[0].ticket;
    f.clock.advance(MINUTE);
    let new = claim(&f, &f.other, 1).await.jobs[0].ticket;
    assert_eq!(f.stores.queue.defer(&work(), old, f.now()).await, Ok(false));
    assert_eq!(take(&f, 9).await, []);
    assert!(finish(&f, new).await);
    assert_eq!(f.stores.queue.defer(&work(), new, f.now()).await, Ok(false));
    assert_eq!(take(&f, 9).await, []);
}

pub async fn a_claim_says_when_time_brings_the_next_job(f: Fixture) {
    push(&f, &["1", "2", "3"]).await;
    let until = f.now() + MINUTE;
    let first = claim(&f, &f.stores, 1).await;
    assert_eq!(first.next, Some(until));
    let sooner = f.now() + SECOND;
    f.stores.queue.defer(&work(), first.jobs[0].ticket, sooner).await.expect("defer");
    assert_eq!(claim(&f, &f.other, 1).await.next, Some(sooner));
    f.clock.advance(SECOND);
    let claimed = claim(&f, &f.other, 1).await;
    assert_eq!((texts(&claimed.jobs), claimed.next), (vec!["1".to_owned()], Some(until)));
}

pub async fn two_queues_do_not_see_each_other(f: Fixture) {
    push(&f, &["1"]).await;
    let other = queue("work:2");
    assert_eq!(f.stores.queue.claim(&other, 9, f.now() + MINUTE).await.expect("claim").jobs, []);
    let ticket = take(&f, 1).await[0].ticket;
    assert_eq!(f.stores.queue.finish(&other, ticket).await, Ok(false));
    assert_eq!(f.stores.queue.defer(&other, ticket, f.now()).await, Ok(false));
    assert_eq!(f.stores.queue.backlog(&other).await, Ok(Backlog::default()));
    assert!(finish(&f, ticket).await);
}

pub async fn a_push_is_kept_whole_or_not_at_all(f: Fixture) {
    let room = Room { jobs: 3, bytes: 10 };
    let fits = async |texts: &[&str]| f.stores.queue.push(&work(), &bodies(texts), room).await;
    assert_eq!(fits(&["1", "2"]).await, Ok(Pushed::Kept));
    assert_eq!(fits(&["3", "4"]).await, Ok(Pushed::NoRoom));
    assert_eq!(fits(&["123456789"]).await, Ok(Pushed::NoRoom));
    assert_eq!(fits(&["12345678"]).await, Ok(Pushed::Kept));
    assert_eq!(fits(&[""]).await, Ok(Pushed::NoRoom));
    assert_eq!(texts(&take(&f, 9).await), ["1", "2", "12345678"]);
}

pub async fn a_finished_job_makes_room_and_a_claimed_one_does_not(f: Fixture) {
    let room = Room { jobs: 1, bytes: 5 };
    let pushed = async || f.stores.queue.push(&work(), &bodies(&["12345"]), room).await;
    assert_eq!(pushed().await, Ok(Pushed::Kept));
    let ticket = take(&f, 1).await[0].ticket;
    assert_eq!(pushed().await, Ok(Pushed::NoRoom));
    assert!(finish(&f, ticket).await);
    assert_eq!(pushed().await, Ok(Pushed::Kept));
}

pub async fn the_backlog_tells_what_can_be_claimed_and_what_cannot(f: Fixture) {
    let first = f.now();
    push(&f, &["1", "22"]).await;
    f.clock.advance(SECOND);
    push(&f, &["333"]).await;
    let ticket = take(&f, 2).await[0].ticket;
    let expected = Backlog { ready: 1, waiting: 2, bytes: 6, oldest: Some(first) };
    assert_eq!(backlog(&f).await, expected);
    f.clock.advance(MINUTE);
    assert_eq!(backlog(&f).await, Backlog { ready: 3, waiting: 0, ..expected });
    assert!(finish(&f, ticket).await);
    assert_eq!(backlog(&f).await, Backlog { ready: 2, waiting: 0, bytes: 5, ..expected });
}

pub async fn a_push_rings_every_consumer_wherever_it_is(f: Fixture) {
    let mut here = f.stores.queue.watch(&work()).await.expect("watch");
    let mut there = f.other.queue.watch(&work()).await.expect("watch");
    let mut elsewhere = f.other.queue.watch(&queue("other")).await.expect("watch");
    push(&f, &["1"]).await;
    assert!(is_rung(&mut here).await && is_rung(&mut there).await);
    quiet().await;
    assert!(!elsewhere.try_next());
}

pub async fn a_job_that_is_given_back_at_once_rings(f: Fixture) {
    push(&f, &["1"]).await;
    let ticket = take(&f, 1).await[0].ticket;
    let mut there = f.other.queue.watch(&work()).await.expect("watch");
    f.stores.queue.defer(&work(), ticket, f.now() + SECOND).await.expect("defer");
    quiet().await;
    assert!(!there.try_next());
    f.stores.queue.defer(&work(), ticket, f.now()).await.expect("defer");
    assert!(is_rung(&mut there).await);
    assert_eq!(texts(&claim(&f, &f.other, 9).await.jobs), ["1"]);
}

pub async fn a_consumer_that_watches_and_then_claims_misses_nothing(f: Fixture) {
    let producer = f.other.queue.clone();
    let producing = tokio::spawn(async move {
        for number in 0..100 {
            let job = [Bytes::from(number.to_string())];
            producer.push(&work(), &job, Room::ENDLESS).await.expect("push");
            tokio::task::yield_now().await;
        }
    });
    let mut watch = f.stores.queue.watch(&work()).await.expect("watch");
    let mut taken = Vec::new();
    while taken.len() < 100 {
        let jobs = take(&f, 3).await;
        if jobs.is_empty() {
            assert!(is_rung(&mut watch).await);
        }
        taken.extend(texts(&jobs));
    }
    producing.await.expect("the producer");
    assert_eq!(taken, (0..100).map(|number| number.to_string()).collect::<Vec<_>>());
}
