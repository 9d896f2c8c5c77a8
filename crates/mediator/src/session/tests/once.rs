//! What was pushed or proven is not pushed again, whatever the store says.

use super::*;

#[test]
fn what_was_pushed_is_not_pushed_again_when_the_store_forgot_that() {
    for mut bench in [Bench::live(), Bench::implicit()] {
        if !bench.asks_for_mail() {
            bench.tell(Event::Rung);
        }
        bench.lease(&[1, 2]);
        bench.tell(Event::Rung);
        bench.lease(&[1, 2, 3]);
        assert_eq!(bench.pushed(), [3]);
    }
}

#[test]
fn what_was_proven_and_could_not_be_removed_is_removed_later_and_not_pushed_again() {
    let mut bench = Bench::implicit();
    bench.lease(&[1]);
    let ping = bench.ping().unwrap();
    bench.tell(Event::Pong(ping));
    bench.tell(Event::AcknowledgeFailed(vec![position(1)]));
    bench.tell(Event::Rung);
    bench.lease(&[1]);
    assert_eq!(bench.pushed(), [0; 0]);
    bench.tick();
    assert_eq!(bench.acknowledged(), [1]);
    assert!(bench.now > START);
}

#[test]
fn what_a_store_forgets_to_have_removed_is_removed_again_and_not_pushed_again() {
    let mut bench = Bench::live();
    bench.tell(Event::Rung);
    bench.lease(&[1]);
    bench.tell(Event::Received(vec![position(1)]));
    bench.tell(Event::Rung);
    bench.lease(&[1, 2]);
    assert_eq!(bench.pushed(), [2]);
    assert_eq!(bench.acknowledged(), [1]);
}

#[test]
fn the_same_holds_for_mail_that_a_pong_has_proven() {
    let mut bench = Bench::implicit();
    bench.lease(&[1]);
    let ping = bench.ping().unwrap();
    bench.tell(Event::Pong(ping));
    bench.tell(Event::Rung);
    bench.lease(&[1, 2]);
    assert_eq!(bench.pushed(), [2]);
    assert_eq!(bench.acknowledged(), [1]);
}
