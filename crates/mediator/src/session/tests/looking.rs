//! When a session asks its store for mail.

use std::time::Duration;

use super::*;

#[test]
fn a_short_page_is_not_read_again_until_the_bell_rings() {
    let mut bench = Bench::implicit();
    bench.lease(&[1]);
    assert!(!bench.asks_for_mail());
    bench.tell(Event::Rung);
    assert!(bench.asks_for_mail());
}

#[test]
fn a_full_page_is_followed_by_another() {
    let mut bench = Bench::implicit();
    let page: Vec<u64> = (1..=bench.pace.batch_messages as u64).collect();
    bench.lease(&page);
    assert!(bench.asks_for_mail());
}

#[test]
fn an_implicit_session_stops_at_its_window_and_goes_on_with_the_proof() {
    let mut bench = Bench::implicit();
    let mut next = 0;
    let mut last_ping = 0;
    while bench.asks_for_mail() {
        let page: Vec<u64> = (next..next + bench.pace.batch_messages as u64).collect();
        next += page.len() as u64;
        bench.lease(&page);
        last_ping = bench.ping().unwrap();
    }
    assert_eq!(next, bench.pace.window as u64);
    bench.tell(Event::Pong(last_ping));
    assert!(bench.asks_for_mail());
}

#[test]
fn an_acknowledgement_reopens_a_full_window() {
    let mut bench = Bench::live();
    bench.pace.window = 2;
    bench.tell(Event::Rung);
    bench.lease(&[1, 2]);
    assert!(!bench.asks_for_mail() || bench.effects.len() == 2);
    bench.lease_empty_if_asked();
    bench.tell(Event::Received(vec![position(1)]));
    assert!(bench.asks_for_mail());
}

#[test]
fn a_session_with_mail_on_its_way_prolongs_its_lease_in_time() {
    let mut bench = Bench::live();
    bench.pace.lease = Duration::from_secs(60);
    bench.tell(Event::Rung);
    bench.lease(&[1]);
    for _ in 0..20 {
        let lease_end = bench.now + bench.pace.lease;
        while !bench.asks_for_mail() {
            bench.tick();
            if let Some(ping) = bench.ping() {
                bench.tell(Event::Pong(ping));
            }
        }
        assert!(bench.now < lease_end, "the lease ran out");
        bench.lease(&[]);
    }
}

#[test]
fn a_session_looks_when_what_its_predecessor_had_in_hand_has_come_back() {
    for mut bench in [Bench::live(), Bench::implicit()] {
        bench.tell(Event::Leased(Vec::new()));
        while !bench.asks_for_mail() {
            bench.tick();
            if let Some(ping) = bench.ping() {
                bench.tell(Event::Pong(ping));
            }
        }
        let waited = bench.now.since(START);
        assert!(waited > bench.pace.linger, "{waited:?}");
        assert!(waited < bench.pace.linger + Duration::from_millis(100), "{waited:?}");
    }
}

#[test]
fn a_store_that_fails_is_asked_again_after_a_while_and_not_at_once() {
    let mut bench = Bench::implicit();
    bench.tell(Event::LeaseFailed);
    assert!(!bench.asks_for_mail());
    bench.tick();
    assert!(bench.asks_for_mail());
    assert!(bench.now > START);
}

#[test]
fn a_session_looks_for_mail_by_itself() {
    let mut bench = Bench::implicit();
    bench.lease(&[]);
    let until = START + bench.pace.look_every;
    while bench.now < until {
        bench.tick();
        if let Some(ping) = bench.ping() {
            bench.tell(Event::Pong(ping));
        }
        if bench.asks_for_mail() {
            return;
        }
    }
    panic!("it never looked");
}
