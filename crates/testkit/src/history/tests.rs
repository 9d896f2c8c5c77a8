use super::*;

const WALLET: u32 = 1;

fn parcel(number: u32) -> Parcel {
    Parcel { to: WALLET, number }
}

fn handed(number: u32, form: Form, line: u64) -> Handover {
    let id = (form != Form::Bare).then(|| format!("id-{number}"));
    Handover { to: WALLET, line: Line(line), parcel: Some(parcel(number)), id, form }
}

fn left(number: u32, line: u64) -> Event {
    Event::Left(handed(number, Form::Pushed, line))
}

fn arrived(number: u32, line: u64) -> Event {
    Event::Arrived(handed(number, Form::Pushed, line))
}

fn sent(number: u32) -> [Event; 2] {
    [Event::Posted(parcel(number)), Event::Accepted(parcel(number))]
}

fn story(parts: &[&[Event]]) -> Vec<Event> {
    parts.concat()
}

#[test]
fn a_history_as_it_should_be_has_nothing_to_complain_about() {
    let events =
        story(&[&sent(1), &sent(2), &[left(1, 1), arrived(1, 1), left(2, 1), arrived(2, 1)]]);
    assert_eq!(check(&events), []);
    assert_eq!(repeated(&events), []);
}

#[test]
fn what_was_accepted_and_never_arrived_is_lost() {
    let events = story(&[&sent(1), &[left(1, 1)]]);
    assert_eq!(check(&events), [Violation::Lost(parcel(1))]);
}

#[test]
fn what_was_not_accepted_may_get_lost() {
    assert_eq!(check(&[Event::Posted(parcel(1))]), []);
}

#[test]
fn an_earlier_message_behind_a_later_one_is_out_of_order() {
    let events = story(&[&sent(1), &sent(2), &[arrived(2, 1), arrived(1, 1)]]);
    assert_eq!(check(&events), [Violation::OutOfOrder { earlier: parcel(1), later: parcel(2) }]);
}

#[test]
fn two_messages_on_their_way_at_the_same_time_have_no_order() {
    let posted = [Event::Posted(parcel(1)), Event::Posted(parcel(2))];
    let accepted = [Event::Accepted(parcel(1)), Event::Accepted(parcel(2))];
    let events = story(&[&posted, &accepted, &[arrived(2, 1), arrived(1, 1)]]);
    assert_eq!(check(&events), []);
}

#[test]
fn a_first_delivery_into_a_dead_socket_counts_for_the_order() {
    let events = story(&[
        &sent(1),
        &sent(2),
        &[left(1, 1), left(2, 2), arrived(2, 2), left(1, 3), arrived(1, 3)],
    ]);
    assert_eq!(check(&events), []);
}

#[test]
fn a_push_that_repeats_is_one_only_on_the_same_line() {
    let events = story(&[&sent(1), &[arrived(1, 1), arrived(1, 2)]]);
    assert_eq!(check(&events), []);
    let events = story(&[&sent(1), &[arrived(1, 1), arrived(1, 1)]]);
    assert_eq!(check(&events), [Violation::PushedAgain { line: Line(1), parcel: parcel(1) }]);
    assert_eq!(repeated(&events), [Violation::Repeated(parcel(1))]);
}

#[test]
fn mail_of_somebody_else_is_misdelivered() {
    let strange = Handover { to: 9, ..handed(1, Form::Bare, 1) };
    let events = story(&[&sent(1), &[Event::Arrived(strange), arrived(1, 2)]]);
    assert_eq!(check(&events), [Violation::Misdelivered { to: 9, parcel: Some(parcel(1)) }]);
}

#[test]
fn a_message_with_two_ids_was_kept_twice() {
    let again = Handover { id: Some("another".to_owned()), ..handed(1, Form::Asked, 2) };
    let events = story(&[&sent(1), &[arrived(1, 1), Event::Arrived(again)]]);
    assert_eq!(check(&events), [Violation::TwoIds(parcel(1))]);
}

#[test]
fn what_was_acknowledged_must_not_come_back() {
    let settled = Event::Settled { to: WALLET, ids: vec!["id-1".to_owned()] };
    let events = story(&[&sent(1), &[left(1, 1), arrived(1, 1), settled, left(1, 2)]]);
    assert_eq!(check(&events), [Violation::BackFromTheDead { to: WALLET, id: "id-1".to_owned() }]);
}

#[test]
fn a_line_that_frays_may_swallow_until_it_is_replaced() {
    let frays = [Event::Frays { to: WALLET }];
    let replaced = [Event::Replaced { to: WALLET }];
    let (overtaking, late) = ([arrived(2, 2)], [arrived(1, 2)]);
    let both = [&sent(1)[..], &sent(2)].concat();
    let wrong = [Violation::OutOfOrder { earlier: parcel(1), later: parcel(2) }];
    let between = story(&[&frays, &both, &overtaking, &late, &replaced]);
    assert_eq!(check(&between), []);
    let behind = story(&[&frays, &both, &replaced, &overtaking, &late]);
    assert_eq!(check(&behind), []);
    let after = story(&[&frays, &replaced, &both, &overtaking, &late]);
    assert_eq!(check(&after), wrong);
    let before = story(&[&both, &overtaking, &frays, &late, &replaced]);
    assert_eq!(check(&before), wrong);
}

#[test]
fn a_line_that_broke_may_have_swallowed_a_first_delivery() {
    let broke = [Event::Broke { to: WALLET }];
    let late = story(&[&sent(1), &broke, &sent(2), &[arrived(2, 2), arrived(1, 2)]]);
    assert_eq!(check(&late), []);
    let posted_after = story(&[&broke, &sent(1), &sent(2), &[arrived(2, 2), arrived(1, 2)]]);
    assert_eq!(
        check(&posted_after),
        [Violation::OutOfOrder { earlier: parcel(1), later: parcel(2) }]
    );
    let overtaken_before = story(&[&sent(1), &sent(2), &[arrived(2, 1)], &broke, &[arrived(1, 2)]]);
    assert_eq!(
        check(&overtaken_before),
        [Violation::OutOfOrder { earlier: parcel(1), later: parcel(2) }]
    );
}
