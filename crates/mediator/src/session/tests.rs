use bytes::Bytes;
use didcomm::Destination;

use super::*;
use crate::CloseReason;

const START: Timestamp = Timestamp(1_000_000);

/// A session and what it wants done, with a clock to turn.
struct Bench {
    session: Session,
    pace: Pace,
    now: Timestamp,
    effects: Vec<Effect>,
}

impl Bench {
    fn implicit() -> Self {
        let pace = Pace::default();
        let mut bench = Self::with(Session::implicit(1, 7, START, &pace), pace);
        bench.tell(Event::Polled);
        bench
    }

    fn proven_by_words() -> Self {
        let pace = Pace::default();
        let session = Session::implicit(1, 7, START, &pace).proven_by(Proof::Words);
        let mut bench = Self::with(session, pace);
        bench.tell(Event::Polled);
        bench
    }

    fn live() -> Self {
        let pace = Pace::default();
        let mut bench = Self::with(Session::explicit(1, 7, START), pace);
        bench.tell(Event::Live(true));
        bench
    }

    fn with(session: Session, pace: Pace) -> Self {
        Self { session, pace, now: START, effects: Vec::new() }
    }

    fn tell(&mut self, event: Event) {
        self.effects.clear();
        self.session.handle(self.now, event, &self.pace, &mut self.effects);
    }

    /// Answers the lease under way.
    fn lease(&mut self, mail: &[u64]) {
        assert!(self.asks_for_mail(), "no lease under way: {:?}", self.effects);
        self.tell(Event::Leased(mail.iter().map(|number| letter(*number)).collect()));
    }

    fn asks_for_mail(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::Lease { .. }))
    }

    fn pushed(&self) -> Vec<u64> {
        let pushes = self.effects.iter().filter_map(|effect| match effect {
            Effect::Push { mail, .. } => Some(mail),
            _ => None,
        });
        pushes.flatten().map(|mail| mail.position.sequence).collect()
    }

    fn ping(&self) -> Option<u64> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Ping(payload) => Some(*payload),
            _ => None,
        })
    }

    fn acknowledged(&self) -> Vec<u64> {
        let acks = self.effects.iter().filter_map(|effect| match effect {
            Effect::Acknowledge(positions) => Some(positions),
            _ => None,
        });
        acks.flatten().map(|position| position.sequence).collect()
    }

    /// Lets time pass to the next deadline and ticks.
    fn tick(&mut self) {
        self.now = self.session.deadline(&self.pace).max(self.now);
        self.tell(Event::Tick);
    }
}

fn position(sequence: u64) -> Position {
    Position { sequence, incarnation: 1 }
}

fn letter(sequence: u64) -> Mail {
    Mail {
        position: position(sequence),
        envelope: Bytes::from_static(b"{}"),
        destination: Destination::Agreement([1; 32]),
        received: START,
    }
}

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
        assert!(waited > bench.pace.delivery_lease, "{waited:?}");
        assert!(waited < bench.pace.delivery_lease + Duration::from_millis(100), "{waited:?}");
    }
}

#[test]
fn what_has_ids_lingers_and_what_has_none_does_not() {
    let mut live = Bench::live();
    live.tell(Event::Rung);
    live.lease(&[1]);
    assert_eq!(live.session.linger(&live.pace), live.pace.delivery_lease);
    let mut implicit = Bench::implicit();
    implicit.lease(&[1]);
    assert_eq!(implicit.session.linger(&implicit.pace), Duration::ZERO);
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
fn a_displaced_session_closes_and_says_nothing_more() {
    let mut bench = Bench::live();
    bench.tell(Event::Displaced);
    assert_eq!(bench.effects, [Effect::Close(CloseReason::Displaced)]);
    bench.tell(Event::Rung);
    assert_eq!(bench.effects, []);
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

impl Bench {
    fn lease_empty_if_asked(&mut self) {
        if self.asks_for_mail() {
            self.lease(&[]);
        }
    }
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
