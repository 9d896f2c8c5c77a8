//! Until when a session is kept, and what it leaves behind.

use std::time::Duration;

use bytes::Bytes;

use super::*;

#[test]
fn a_push_that_stays_without_any_sign_is_followed_by_a_ping() {
    let mut bench = Bench::live();
    bench.tell(Event::Rung);
    bench.lease(&[1]);
    while bench.ping().is_none() {
        bench.tick();
        bench.lease_empty_if_asked();
    }
    assert_eq!(bench.now, START + bench.pace.ping_after_push);
}

#[test]
fn a_peer_without_a_sign_of_life_is_let_go() {
    let mut bench = Bench::live();
    for _ in 0..10 {
        bench.tick();
        if bench.session.is_over() {
            break;
        }
    }
    assert_eq!(bench.effects, [Effect::Close(CloseReason::NoProofOfLife)]);
    assert!(bench.now <= START + bench.pace.ping_every + bench.pace.ping_patience);
}

#[test]
fn a_peer_that_answers_pings_is_kept_for_days() {
    let mut bench = Bench::live();
    let end = START + Duration::from_secs(2 * 24 * 3600);
    while bench.now < end {
        bench.tick();
        if let Some(ping) = bench.ping() {
            bench.tell(Event::Pong(ping));
        }
        bench.lease_empty_if_asked();
        assert!(!bench.session.is_over(), "let go after {:?}", bench.now.since(START));
    }
}

#[test]
fn a_slow_peer_gets_time_for_what_is_on_its_way() {
    let mut bench = Bench::implicit();
    let mut large = letter(1);
    large.envelope = Bytes::from(vec![b'x'; 1 << 20]);
    bench.tell(Event::Leased(vec![large]));
    bench.now = START + bench.pace.ping_patience;
    bench.tell(Event::Tick);
    assert!(!bench.session.is_over());
}

#[test]
fn what_has_ids_lingers_and_what_has_none_does_not() {
    let mut live = Bench::live();
    live.tell(Event::Rung);
    live.lease(&[1]);
    assert_eq!(live.session.linger(&live.pace), live.pace.linger);
    let mut implicit = Bench::implicit();
    implicit.lease(&[1]);
    assert_eq!(implicit.session.linger(&implicit.pace), Duration::ZERO);
}

#[test]
fn a_displaced_session_closes_and_says_nothing_more() {
    let mut bench = Bench::live();
    bench.tell(Event::Displaced);
    assert_eq!(bench.effects, [Effect::Close(CloseReason::Displaced)]);
    bench.tell(Event::Rung);
    assert_eq!(bench.effects, []);
}
