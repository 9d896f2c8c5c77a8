//! Docks before our mediator: their callbacks, and the way back.
//!
//! The callbacks are those of SocketDock: `POST /dock/connect`, `/dock/message` and `/dock/disconnect` with its JSON. They may reach any
//! instance. Whoever can reach this port and is believed ([`Trust`]) speaks for wallets' sockets; a stranger learns nothing from the
//! answers, and no address that he names is ever called.
//!
//! | what comes | what it gets |
//! | --- | --- |
//! | an event that was dealt with, or is kept | 200 |
//! | what is no callback | 400 |
//! | a signature that is wrong, old or missing | 401 |
//! | a `send` or `disconnect` at a dock that nobody named | 403 |
//! | a message that is too large for a socket of our own | 413 |
//! | anything while the store is away | 503 |

mod letters;
mod outlet;
mod tally;
mod trust;

use std::future::Future;
use std::sync::Arc;

use hyper::{Method, StatusCode};
use mediator::docked::{Docks, Event, Note};
use mediator::{Answer, Refusal};
use store::Clock;
use tokio_util::sync::CancellationToken;

use crate::{Asked, Office, Socket, Told, Visit};
pub use outlet::{HttpOutlet, HttpOutletOptions};
pub use tally::{DoorCount, DoorTally};
use trust::Distrust;
pub use trust::{BadDock, Trust};

/// The office of the port that docks call.
pub struct DockDoor {
    docks: Arc<Docks>,
    trust: Trust,
    frame_bytes: usize,
    clock: Arc<dyn Clock>,
    tally: DoorTally,
}

impl DockDoor {
    /// A door for docks that are believed, and for messages of so many bytes at most.
    pub fn new(docks: Arc<Docks>, trust: Trust, frame_bytes: usize, clock: Arc<dyn Clock>) -> Self {
        Self { docks, trust, frame_bytes, clock, tally: DoorTally::default() }
    }

    /// Bytes of the largest callback with a message of so many bytes. JSON makes six of one at worst.
    pub fn body_bytes(frame_bytes: usize) -> usize {
        frame_bytes.saturating_mul(6).saturating_add(META_BYTES)
    }

    /// Its counters.
    pub fn tally(&self) -> &DoorTally {
        &self.tally
    }

    async fn hear(&self, asked: &Asked) -> Result<(), Refused> {
        let signed = self.trust.check(asked, self.clock.now())?;
        let note = match asked.path.as_str() {
            CONNECT => letters::connect(&asked.body),
            MESSAGE => letters::message(&asked.body),
            _ => letters::disconnect(&asked.body),
        };
        let note = note.ok_or(Refused::Malformed)?;
        self.trust.admit(&note, signed)?;
        self.measure(&note)?;
        self.docks.take(note).await.map_err(|error| {
            tracing::warn!(%error, "what a dock tells could not be kept");
            Refused::Later
        })
    }

    fn measure(&self, note: &Note) -> Result<(), Refused> {
        match &note.event {
            Event::Frame(frame) if frame.len() > self.frame_bytes => Err(Refused::TooLarge),
            _ => Ok(()),
        }
    }
}

/// Room for what a callback says beside the message: addresses, and the headers of a wallet's request.
const META_BYTES: usize = 128 * 1024;

const CONNECT: &str = "/dock/connect";
const MESSAGE: &str = "/dock/message";
const DISCONNECT: &str = "/dock/disconnect";

/// Why a callback is not taken.
enum Refused {
    Malformed,
    TooLarge,
    Distrusted(Distrust),
    Later,
}

impl From<Distrust> for Refused {
    fn from(why: Distrust) -> Self {
        Self::Distrusted(why)
    }
}

impl Refused {
    fn count(&self) -> DoorCount {
        match self {
            Self::Malformed => DoorCount::Malformed,
            Self::TooLarge => DoorCount::TooLarge,
            Self::Distrusted(Distrust::Forged) => DoorCount::Forged,
            Self::Distrusted(Distrust::Stranger) => DoorCount::Stranger,
            Self::Later => DoorCount::PutOff,
        }
    }

    fn told(&self) -> Told {
        match self {
            Self::Malformed => Told::text(StatusCode::BAD_REQUEST, "not a callback of a dock"),
            Self::TooLarge => Told::text(StatusCode::PAYLOAD_TOO_LARGE, "the message is too large"),
            Self::Distrusted(Distrust::Forged) => {
                Told::text(StatusCode::UNAUTHORIZED, "not signed by a dock")
            }
            Self::Distrusted(Distrust::Stranger) => {
                Told::text(StatusCode::FORBIDDEN, "not a dock of ours")
            }
            Self::Later => Told::text(StatusCode::SERVICE_UNAVAILABLE, "try again later"),
        }
    }
}

impl Office for DockDoor {
    async fn post(self: &Arc<Self>, _: &[u8]) -> Answer {
        Answer::Refused(Refusal::NotForUs)
    }

    fn serve_socket(
        self: Arc<Self>,
        _: Visit,
        socket: Socket,
        _: CancellationToken,
    ) -> impl Future<Output = ()> + Send {
        // Sockets end at docks.
        drop(socket);
        std::future::ready(())
    }

    fn answers(&self, method: &Method, path: &str) -> bool {
        method == Method::POST && matches!(path, CONNECT | MESSAGE | DISCONNECT)
    }

    async fn answer(self: &Arc<Self>, asked: Asked) -> Told {
        let heard = self.hear(&asked).await;
        self.tally.add(heard.as_ref().map_or_else(Refused::count, |()| DoorCount::Taken));
        heard.map_or_else(|refused| refused.told(), |()| Told::text(StatusCode::OK, "OK"))
    }
}
