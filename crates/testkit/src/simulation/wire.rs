//! A WebSocket made of nothing.
//!
//! Frames keep their order and take their time. A direction can fall silent: what would arrive after that moment is lost, and
//! neither end is told. A wire can break: then both ends hear of it, and what was under way is lost too.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mediator::{CloseReason, Heard as Sign, Link, LinkDown};
use parking_lot::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{Agent, Heard, History, Line, Random};

/// What both ends share.
pub(super) struct Wire {
    broken: CancellationToken,
    weather: Mutex<Weather>,
}

struct Weather {
    random: Random,
    delay: Duration,
    /// From when on nothing arrives at the wallet.
    deaf_wallet: Option<Instant>,
    /// From when on nothing arrives at the mediator.
    deaf_office: Option<Instant>,
    /// Pongs in a hundred that are not sent.
    lost_pongs: u64,
    pong_delay: Duration,
}

impl Wire {
    /// Both ends hear that it is over.
    pub fn break_off(&self) {
        self.broken.cancel();
    }

    /// The wallet hears nothing any more, and does not know it.
    pub fn deafen_wallet(&self) {
        self.weather.lock().deaf_wallet.get_or_insert(Instant::now());
    }

    /// The mediator hears nothing any more, and does not know it.
    pub fn deafen_office(&self) {
        self.weather.lock().deaf_office.get_or_insert(Instant::now());
    }

    /// Pongs get lost or come late.
    pub fn disturb_pongs(&self, lost: u64, delay: Duration) {
        let mut weather = self.weather.lock();
        (weather.lost_pongs, weather.pong_delay) = (lost, delay);
    }

    fn arrival(&self) -> Instant {
        let mut weather = self.weather.lock();
        let jitter = weather.random.millis(0..20);
        Instant::now() + weather.delay + jitter
    }
}

enum Down {
    Heard(Box<Heard>),
    Ping(u64),
    Close,
}

/// A direction's far end: things on their way, in order.
struct Arriving<T> {
    queue: UnboundedReceiver<(Instant, T)>,
    /// Taken from the queue and not yet due, so that an interrupted wait loses nothing.
    next: Option<(Instant, T)>,
    latest: Instant,
}

impl<T> Arriving<T> {
    async fn next(&mut self, broken: &CancellationToken) -> Option<(Instant, T)> {
        if self.next.is_none() {
            self.next = Some(tokio::select! { biased;
                () = broken.cancelled() => return None,
                next = self.queue.recv() => next?,
            });
        }
        let due = self.next.as_ref().map_or(self.latest, |(due, _)| *due).max(self.latest);
        tokio::select! { biased;
            () = broken.cancelled() => return None,
            () = sleep_until(due) => {}
        }
        self.latest = due;
        self.next.take().map(|(_, what)| (due, what))
    }
}

/// The mediator's end.
pub(super) struct OfficeEnd {
    wire: Arc<Wire>,
    down: UnboundedSender<(Instant, Down)>,
    up: Arriving<Sign>,
    /// A wallet that goes away without a word must not be noticed by that.
    _ear: UnboundedSender<(Instant, Sign)>,
    agent: Arc<Agent>,
    history: History,
    line: Line,
}

/// The wallet's end.
pub(super) struct WalletEnd {
    wire: Arc<Wire>,
    up: UnboundedSender<(Instant, Sign)>,
    down: Arriving<Down>,
    agent: Arc<Agent>,
    history: History,
    line: Line,
    /// Whether the mediator hears it when the wallet goes away.
    pub says_goodbye: bool,
}

/// A new wire between a wallet and a mediator.
pub(super) fn connect(
    agent: &Arc<Agent>,
    history: &History,
    mut random: Random,
) -> (OfficeEnd, WalletEnd) {
    let line = history.line();
    let (down, from_office) = unbounded_channel();
    let (up, from_wallet) = unbounded_channel();
    let delay = random.millis(1..150);
    let weather = Weather {
        random,
        delay,
        deaf_wallet: None,
        deaf_office: None,
        lost_pongs: 0,
        pong_delay: Duration::ZERO,
    };
    let wire = Arc::new(Wire { broken: CancellationToken::new(), weather: Mutex::new(weather) });
    let latest = Instant::now();
    let (agent, history) = (agent.clone(), history.clone());
    let office = OfficeEnd {
        wire: wire.clone(),
        down,
        up: Arriving { queue: from_wallet, next: None, latest },
        _ear: up.clone(),
        agent: agent.clone(),
        history: history.clone(),
        line,
    };
    let down = Arriving { queue: from_office, next: None, latest };
    (office, WalletEnd { wire, up, down, agent, history, line, says_goodbye: true })
}

impl OfficeEnd {
    fn put(&self, what: Down) -> Result<(), LinkDown> {
        if self.wire.broken.is_cancelled() {
            return Err(LinkDown);
        }
        self.down.send((self.wire.arrival(), what)).map_err(|_| LinkDown)
    }
}

impl Link for OfficeEnd {
    async fn next(&mut self) -> Option<Sign> {
        loop {
            let (due, sign) = self.up.next(&self.wire.broken).await?;
            if self.wire.weather.lock().deaf_office.is_none_or(|since| due < since) {
                return Some(sign);
            }
        }
    }

    async fn send(&mut self, envelope: Bytes) -> Result<(), LinkDown> {
        let Ok(heard) = self.agent.read(&envelope) else {
            panic!("the mediator sent something that is not for this wallet");
        };
        // An attempt counts, as one into a wire does whose end nobody has noticed.
        self.history.left(self.agent.number, self.line, &heard);
        self.put(Down::Heard(Box::new(heard)))
    }

    async fn ping(&mut self, payload: u64) -> Result<(), LinkDown> {
        self.put(Down::Ping(payload))
    }

    async fn close(&mut self, _reason: CloseReason) {
        // Nobody is left to hear that it failed.
        let _ = self.put(Down::Close);
    }
}

impl WalletEnd {
    /// The wire.
    pub fn wire(&self) -> &Arc<Wire> {
        &self.wire
    }

    /// Says something, and does not know whether it arrives.
    pub fn say(&self, words: &[u8]) {
        // A mediator that has gone is noticed when the wallet listens.
        let _ = self.up.send((self.wire.arrival(), Sign::Frame(self.agent.seal(words))));
    }

    /// What the mediator says next, while its pings are answered. `None` when it is over.
    pub async fn hear(&mut self) -> Option<Heard> {
        loop {
            let (due, what) = self.down.next(&self.wire.broken).await?;
            if self.wire.weather.lock().deaf_wallet.is_some_and(|since| due >= since) {
                continue;
            }
            match what {
                Down::Heard(heard) => {
                    self.history.arrived(self.agent.number, self.line, &heard);
                    return Some(*heard);
                }
                Down::Ping(payload) => self.pong(payload),
                Down::Close => return None,
            }
        }
    }

    fn pong(&self, payload: u64) {
        let delay = {
            let mut weather = self.wire.weather.lock();
            let lost = weather.lost_pongs;
            if weather.random.chance(lost) {
                return;
            }
            weather.pong_delay
        };
        let _ = self.up.send((self.wire.arrival() + delay, Sign::Pong(payload)));
    }
}

impl Drop for WalletEnd {
    fn drop(&mut self) {
        if self.says_goodbye {
            self.wire.break_off();
        } else {
            self.wire.deafen_wallet();
            self.wire.deafen_office();
        }
    }
}
