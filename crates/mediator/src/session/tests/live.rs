//! What live mode pushes, and what it does not.

use super::*;

#[test]
fn switching_live_mode_on_pushes_nothing_that_waits() {
    let pace = Pace::default();
    let mut bench = Bench::with(Session::explicit(1, 7, START), pace);
    bench.tell(Event::Rung);
    bench.tell(Event::Live(true));
    assert!(!bench.asks_for_mail());
    bench.tell(Event::Rung);
    assert!(bench.asks_for_mail());
}

#[test]
fn live_mail_goes_as_delivery_and_is_kept_until_acknowledged() {
    let mut bench = Bench::live();
    bench.tell(Event::Rung);
    bench.lease(&[1]);
    assert!(matches!(bench.effects[0], Effect::Push { form: Form::Delivery, .. }));
    bench.tell(Event::Pong(1 << 32));
    assert_eq!(bench.acknowledged(), [0; 0]);
}

#[test]
fn what_was_handed_out_before_live_mode_is_not_pushed_again() {
    let pace = Pace::default();
    let mut bench = Bench::with(Session::explicit(1, 7, START), pace);
    bench.tell(Event::Handed(vec![position(1), position(2)]));
    bench.tell(Event::Live(true));
    bench.tell(Event::Rung);
    bench.lease(&[1, 2, 3]);
    assert_eq!(bench.pushed(), [3]);
}

#[test]
fn without_live_mode_a_ring_pushes_nothing() {
    let pace = Pace::default();
    let mut bench = Bench::with(Session::explicit(1, 7, START), pace);
    bench.tell(Event::Rung);
    assert!(!bench.asks_for_mail());
    bench.tell(Event::Live(true));
    bench.tell(Event::Live(false));
    bench.tell(Event::Rung);
    assert!(!bench.asks_for_mail());
}

#[test]
fn a_pickup_message_ends_bare_envelopes_for_good() {
    let mut bench = Bench::implicit();
    bench.lease(&[]);
    bench.tell(Event::PickedUp);
    bench.tell(Event::Polled);
    bench.tell(Event::Rung);
    assert!(!bench.asks_for_mail());
}
