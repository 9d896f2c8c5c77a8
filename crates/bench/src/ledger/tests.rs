use std::time::Duration;

use simulated::Parcel;
use tokio::time::advance;

use super::Ledger;
use crate::report::Faults;

/// Time passes between any two events.
async fn later() {
    advance(Duration::from_millis(1)).await;
}

async fn written(ledger: &Ledger, to: u32) -> Parcel {
    let parcel = ledger.reserve(to);
    later().await;
    ledger.posted(parcel, None, 1, None);
    later().await;
    ledger.accepted(parcel);
    later().await;
    parcel
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_and_has_not_arrived_is_lost() {
    let ledger = Ledger::new(2);
    let (here, _) = (written(&ledger, 0).await, written(&ledger, 1).await);
    ledger.arrived(0, Some(here));
    assert_eq!((ledger.missing(), ledger.owed(0), ledger.owed(1)), (1, 0, 1));
    let expected = Faults { posted: 2, accepted: 2, arrived: 1, lost: 1, ..Faults::default() };
    assert_eq!(ledger.faults(), expected);
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_not_lost_and_its_reason_is_kept() {
    let ledger = Ledger::new(1);
    let parcel = ledger.reserve(0);
    ledger.posted(parcel, None, 1, None);
    ledger.failed("HTTP status 503");
    let faults = ledger.faults();
    assert_eq!((faults.failed, faults.lost), (1, 0));
    assert_eq!(faults.reasons["HTTP status 503"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_again_is_a_repeat() {
    let ledger = Ledger::new(1);
    let parcel = written(&ledger, 0).await;
    ledger.arrived(0, Some(parcel));
    ledger.arrived(0, Some(parcel));
    assert_eq!((ledger.faults().repeated, ledger.arrived_count()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_somebody_elses_or_nobodys_is_misdelivered() {
    let ledger = Ledger::new(2);
    let parcel = written(&ledger, 0).await;
    ledger.arrived(1, Some(parcel));
    ledger.arrived(0, Some(Parcel { to: 0, number: 77 }));
    ledger.arrived(0, None);
    let reserved = ledger.reserve(0);
    ledger.arrived(0, Some(reserved));
    assert_eq!(ledger.faults().misdelivered, 4);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_overtakes_one_that_was_accepted_before_is_out_of_order() {
    let ledger = Ledger::new(1);
    let (first, second) = (written(&ledger, 0).await, written(&ledger, 0).await);
    ledger.arrived(0, Some(second));
    ledger.arrived(0, Some(first));
    assert_eq!(ledger.faults().out_of_order, 1);
}

#[tokio::test(start_paused = true)]
async fn messages_that_were_under_way_together_have_no_order() {
    let ledger = Ledger::new(1);
    let (first, second) = (ledger.reserve(0), ledger.reserve(0));
    for parcel in [first, second] {
        ledger.posted(parcel, None, 1, None);
        later().await;
    }
    ledger.accepted(first);
    ledger.accepted(second);
    later().await;
    ledger.arrived(0, Some(second));
    ledger.arrived(0, Some(first));
    assert_eq!(ledger.faults().out_of_order, 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_live_if_one_socket_was_there_from_beginning_to_end() {
    let ledger = Ledger::new(1);
    ledger.goes_live(0);
    let (live, interrupted) = (written(&ledger, 0).await, written(&ledger, 0).await);
    ledger.arrived(0, Some(live));
    ledger.leaves(0);
    let away = written(&ledger, 0).await;
    ledger.goes_live(0);
    ledger.arrived(0, Some(interrupted));
    ledger.arrived(0, Some(away));
    let mut seen = Vec::new();
    ledger.each(1, |mail| seen.push(mail.live));
    assert_eq!(seen, [true, false, false]);
}

#[tokio::test(start_paused = true)]
async fn rounds_are_looked_at_apart() {
    let ledger = Ledger::new(1);
    for round in [0, 1, 1] {
        let parcel = ledger.reserve(0);
        ledger.posted(parcel, None, round, None);
    }
    let count = |round| {
        let mut seen = 0;
        ledger.each(round, |_| seen += 1);
        seen
    };
    assert_eq!((count(0), count(1), count(2)), (1, 2, 0));
}
