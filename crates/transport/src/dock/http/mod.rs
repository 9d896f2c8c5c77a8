//! A backend that is called back over HTTP, as SocketDock calls it.
//!
//! | the backend answers | `connect` | `message` |
//! | --- | --- | --- |
//! | 2xx | the socket stays | taken |
//! | 413 | the socket is closed with 1008 | the socket is closed with 1009 |
//! | 401, 403 | the socket is closed with 1008 | tried again, and at last closed with 1013 |
//! | any other 4xx but 408, 425, 429 | the socket is closed with 1008 | refused for good; the socket stays |
//! | anything else, a redirect too, or nothing in time | tried again, and at last closed with 1013 | the same |
//!
//! A backend that takes a message for unsigned, or its dock for a stranger, says nothing about the message: a key or a clock is wrong, and
//! its wallet must not be left to believe that it was heard.
//!
//! A callback may reach the backend more than once, if its answer was lost; `meta.number` tells.

mod answer;
mod judge;
mod letters;
mod line;
mod lines;
mod retry;
mod target;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use store::Clock;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use self::judge::{Judge, Outcome, judge, judge_message};
use self::lines::Lines;
use self::retry::Tries;
use self::target::Target;
use super::signature::{Keys, sign};
use super::{Backend, Berth, DockCount, DockTally, Message, Turned};
use crate::carrier::Roots;
use crate::{Visit, carrier};

pub use self::retry::Retry;
pub use self::target::BadTarget;

/// Where a backend is, and how it is called.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Told of new sockets, if set.
    pub connect: Option<String>,
    /// Told of messages.
    pub message: String,
    /// Told of ends, if set.
    pub disconnect: Option<String>,
    /// The base of the URIs by which the backend reaches a socket, without a slash at its end.
    pub endpoint: String,
    /// Signs callbacks, if set.
    pub keys: Option<Keys>,
    /// Whether messages that are no text are told in base64. Else their socket is closed with 1003.
    pub base64: bool,
    /// Who may have signed the certificate of an `https` URI, beside those whom the system trusts.
    pub roots: Roots,
    /// Calls at the same time, and so connections. Others wait their turn, in the order in which they came.
    pub parallel: usize,
    /// How long one call may take.
    pub timeout: Duration,
    /// What is done about calls that fail.
    pub retry: Retry,
}

/// See the module.
pub struct HttpBackend {
    connect: Option<Target>,
    message: Target,
    disconnect: Option<Target>,
    options: HttpOptions,
    turns: Semaphore,
    clock: Arc<dyn Clock>,
    tally: Arc<DockTally>,
    /// Said once in the log, whatever the number of sockets that find out.
    away: AtomicBool,
}

/// A backend cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum NoBackend {
    /// A URI is none.
    #[error(transparent)]
    Target(#[from] BadTarget),
    /// TLS cannot be set up.
    #[error("no TLS towards the backend: {0}")]
    Tls(#[from] io::Error),
}

impl HttpBackend {
    /// The backend behind these URIs; connects to nobody yet.
    ///
    /// # Errors
    ///
    /// If a URI is none, or TLS cannot be set up.
    pub fn new(
        options: HttpOptions,
        clock: Arc<dyn Clock>,
        tally: Arc<DockTally>,
    ) -> Result<Self, NoBackend> {
        let mut exchange = Exchange { lines: Vec::new(), options: &options };
        let connect = options.connect.as_deref().map(|uri| exchange.target(uri)).transpose()?;
        let message = exchange.target(&options.message)?;
        let disconnect =
            options.disconnect.as_deref().map(|uri| exchange.target(uri)).transpose()?;
        let turns = Semaphore::new(options.parallel.min(Semaphore::MAX_PERMITS));
        let away = AtomicBool::new(false);
        Ok(Self { connect, message, disconnect, options, turns, clock, tally, away })
    }

    /// Calls until there is an answer that counts, or patience is over.
    async fn call(&self, target: &Target, body: Bytes, judge: Judge) -> Outcome {
        let mut tries = Tries::new(&self.options.retry);
        loop {
            let answer = self.call_once(target, &body, tries.end()).await;
            let status = answer.as_ref().ok().map(StatusCode::as_u16);
            if let Some(outcome) = status.and_then(judge) {
                self.note_back(outcome);
                return outcome;
            }
            self.note_away(&answer);
            let Some(pause) = tries.pause() else { return Outcome::GivenUp };
            self.tally.add(DockCount::Retries);
            tokio::time::sleep(pause).await;
        }
    }

    /// Calls when it is this call's turn, if that comes before `end`. What waits is the letter alone.
    async fn call_once(
        &self,
        target: &Target,
        body: &Bytes,
        end: Instant,
    ) -> io::Result<StatusCode> {
        let turn = timeout_at(end, self.turns.acquire()).await;
        let _turn = turn.map_err(io::Error::from)?.map_err(io::Error::other)?;
        self.tally.add(DockCount::Calls);
        let signed = self.options.keys.as_ref().map(|keys| sign(keys, self.clock.now(), body));
        target.post(body, signed).await
    }

    fn note_away(&self, answer: &io::Result<StatusCode>) {
        if !self.away.swap(true, Ordering::Relaxed) {
            match answer {
                Ok(status) => tracing::warn!(%status, "the backend does not take callbacks"),
                Err(error) => tracing::warn!(%error, "the backend is not reached"),
            }
        }
    }

    /// A refusal alone does not show it: who has the wrong key is refused, too.
    fn note_back(&self, outcome: Outcome) {
        let is_taken = outcome == Outcome::Taken;
        if is_taken && self.away.load(Ordering::Relaxed) && self.away.swap(false, Ordering::Relaxed)
        {
            tracing::info!("the backend takes callbacks again");
        }
    }

    fn count(&self, outcome: Outcome) -> Result<(), Turned> {
        match outcome {
            Outcome::Taken => self.tally.add(DockCount::Taken),
            Outcome::Refused => self.tally.add(DockCount::Refused),
            Outcome::TooLarge => {
                self.tally.add(DockCount::Refused);
                return Err(Turned::TooLarge);
            }
            Outcome::GivenUp => {
                self.tally.add(DockCount::Lost);
                return Err(Turned::TryLater);
            }
        }
        Ok(())
    }
}

impl Backend for HttpBackend {
    async fn opened(&self, berth: &Arc<Berth>, visit: Visit) -> Result<(), Turned> {
        let Some(target) = &self.connect else { return Ok(()) };
        let letter = letters::connect(&self.options.endpoint, berth, &visit);
        drop(visit);
        match self.call(target, letter, judge).await {
            Outcome::Taken => Ok(()),
            Outcome::Refused | Outcome::TooLarge => Err(Turned::Refused),
            Outcome::GivenUp => Err(Turned::TryLater),
        }
    }

    async fn message(&self, berth: &Arc<Berth>, message: Message) -> Result<(), Turned> {
        if message.frame.payload().is_empty() {
            self.tally.add(DockCount::Empty);
            return Ok(());
        }
        let HttpOptions { endpoint, base64, .. } = &self.options;
        let letter = letters::message(endpoint, berth, &message, *base64)
            .inspect_err(|_| self.tally.add(DockCount::Unfit))?;
        drop(message);
        self.count(self.call(&self.message, letter, judge_message).await)
    }

    async fn closed(&self, berth: &Arc<Berth>) {
        let Some(target) = &self.disconnect else { return };
        let told = self.call(target, letters::disconnect(berth), judge).await;
        if told == Outcome::GivenUp {
            self.tally.add(DockCount::EndsUntold);
            tracing::warn!(socket = ?berth.id(), "the backend could not be told of the end of a socket");
        }
    }
}

/// Makes targets that share their connections.
struct Exchange<'a> {
    lines: Vec<Arc<Lines>>,
    options: &'a HttpOptions,
}

impl Exchange<'_> {
    fn target(&mut self, uri: &str) -> Result<Target, NoBackend> {
        let (origin, path, host) = target::parse(uri)?;
        if let Some(known) = self.lines.iter().find(|lines| *lines.origin() == origin) {
            return Ok(Target::new(known.clone(), &path, &host));
        }
        let HttpOptions { roots, timeout, .. } = self.options;
        let config = || carrier::tls::client(roots).map(Arc::new).map_err(io::Error::other);
        let tls = if origin.tls { Some(config()?) } else { None };
        let lines = Arc::new(Lines::to(origin, tls, *timeout)?);
        self.lines.push(lines.clone());
        Ok(Target::new(lines, &path, &host))
    }
}
