//! What proves that bare envelopes have arrived.

use super::*;

#[test]
fn an_implicit_session_flushes_the_mailbox_as_bare_envelopes() {
    let mut bench = Bench::implicit();
    bench.lease(&[1, 2]);
    assert_eq!(bench.pushed(), [1, 2]);
    assert!(matches!(bench.effects[0], Effect::Push { form: Form::Bare, .. }));
}

#[test]
fn implicit_mail_is_acknowledged_by_the_pong_to_the_ping_behind_it_and_by_nothing_else() {
    let mut bench = Bench::implicit();
    bench.lease(&[1, 2]);
    let ping = bench.ping().unwrap();
    bench.tell(Event::Alive);
    assert_eq!(bench.acknowledged(), [0; 0]);
    bench.tell(Event::Pong(ping - 1));
    assert_eq!(bench.acknowledged(), [0; 0]);
    bench.tell(Event::Pong(ping));
    assert_eq!(bench.acknowledged(), [1, 2]);
}

#[test]
fn a_pong_proves_only_what_was_sent_before_its_ping() {
    let mut bench = Bench::implicit();
    bench.lease(&[1]);
    let first = bench.ping().unwrap();
    bench.tell(Event::Rung);
    bench.lease(&[2]);
    let second = bench.ping().unwrap();
    bench.tell(Event::Pong(first));
    assert_eq!(bench.acknowledged(), [1]);
    bench.tell(Event::Pong(second));
    assert_eq!(bench.acknowledged(), [2]);
}

#[test]
fn the_pong_of_another_guest_on_the_socket_proves_nothing() {
    let mut bench = Bench::implicit();
    bench.lease(&[1]);
    bench.tell(Event::Pong((2 << 32) | 1));
    assert_eq!(bench.acknowledged(), [0; 0]);
}

#[test]
fn a_pong_from_the_future_proves_nothing() {
    let mut bench = Bench::implicit();
    bench.lease(&[1]);
    let ping = bench.ping().unwrap();
    bench.tell(Event::Pong(ping + 1));
    assert_eq!(bench.acknowledged(), [0; 0]);
}

#[test]
fn where_no_pong_is_heard_the_answer_in_words_proves_what_was_sent_before_it() {
    let mut bench = Bench::proven_by_words();
    bench.lease(&[1, 2]);
    let ping = bench.ping().expect("a ping behind the batch");
    bench.tell(Event::Pong(ping));
    assert_eq!(bench.acknowledged(), [1, 2]);
}

#[test]
fn where_no_pong_is_heard_traffic_proves_only_what_it_cannot_have_crossed() {
    let mut bench = Bench::proven_by_words();
    bench.lease(&[1]);
    bench.now = bench.now + bench.pace.ping_after_push / 2;
    bench.tell(Event::Rung);
    bench.lease(&[2]);
    bench.tell(Event::Alive);
    assert!(bench.acknowledged().is_empty());
    bench.now = bench.now + bench.pace.ping_after_push / 2;
    bench.tell(Event::Alive);
    assert_eq!(bench.acknowledged(), [1]);
}

#[test]
fn where_no_pong_is_heard_silence_ends_nothing() {
    let mut bench = Bench::proven_by_words();
    bench.lease(&[1]);
    bench.now = bench.now + bench.pace.ping_every * 100;
    bench.tell(Event::Tick);
    assert!(!bench.session.is_over());
    assert!(bench.ping().is_none());
}
