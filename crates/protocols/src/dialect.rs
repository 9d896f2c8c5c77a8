//! A protocol version, and the list of those we speak.

use std::fmt;

use crate::command::{Command, Inbound};
use crate::fault::{DecodeError, Fault};
use crate::message::{Glance, HTTPS_PREFIX, Head, Kind, Prefix};
use crate::reply::Reply;
use crate::{
    basic_message, connections, coordinate_mediation, did_exchange, discover_features,
    notification, out_of_band, pickup, report_problem, routing, trust_ping,
};

/// One version of one protocol: the words for some [`Command`]s and [`Reply`]s.
///
/// An implementation is stateless and decides nothing. It never panics, whatever `plaintext` holds.
pub trait Dialect: Send + Sync {
    /// Its name and version.
    fn protocol(&self) -> Protocol;

    /// The roles a mediator plays in it, for discover-features.
    fn roles(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether discover-features tells of it.
    fn disclosed(&self) -> bool {
        true
    }

    /// Understands a whole plaintext whose head was read before. Problem reports and acks of all protocols are understood
    /// without asking the dialect.
    ///
    /// # Errors
    /// [`Fault::UnknownType`] for a message that this version does not have or that a mediator never gets, otherwise what is
    /// wrong with the body.
    fn decode(&self, head: &Head, plaintext: &[u8]) -> Result<Command, Fault>;

    /// Words for `reply`, as a plaintext. `thread` is the head of the message that is answered; without it the message opens its
    /// own thread. `id` becomes its `@id`: a fresh UUID, since some peers refuse fewer than 8 characters.
    ///
    /// A reply that this version has no words for is said in the reply's own protocol.
    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8>;
}

impl fmt::Debug for dyn Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dialect({})", self.protocol())
    }
}

/// The name of a protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Protocol {
    /// E.g. `messagepickup`.
    pub name: &'static str,
    /// Major version.
    pub major: u16,
    /// Minor version.
    pub minor: u16,
}

impl Protocol {
    /// Names a version.
    pub const fn new(name: &'static str, major: u16, minor: u16) -> Self {
        Self { name, major, minor }
    }

    /// The protocol identifier URI, e.g. `https://didcomm.org/messagepickup/2.0`.
    pub fn uri(&self) -> String {
        format!("{HTTPS_PREFIX}{self}")
    }

    /// The type of one of its messages, e.g. `https://didcomm.org/messagepickup/2.0/status`.
    pub fn message(&self, name: &str) -> String {
        format!("{HTTPS_PREFIX}{self}/{name}")
    }

    fn speaks(&self, kind: &Kind) -> bool {
        self.name == kind.protocol && self.major == kind.major && kind.prefix != Prefix::Foreign
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}.{}", self.name, self.major, self.minor)
    }
}

/// Every protocol version that we speak. Among versions of one major, the lower comes first.
pub static DIALECTS: &[&dyn Dialect] = &[
    &routing::V1_0,
    &pickup::V1_0,
    &pickup::V2_0,
    &pickup::V4_0,
    &coordinate_mediation::V1_0,
    &did_exchange::V1_0,
    &did_exchange::V1_1,
    &connections::V1_0,
    &out_of_band::V1_0,
    &out_of_band::V1_1,
    &trust_ping::V1_0,
    &discover_features::V1_0,
    &discover_features::V2_0,
    &report_problem::V1_0,
    &notification::V1_0,
    &basic_message::V1_0,
];

/// Understands a plaintext, which may be any bytes.
///
/// # Errors
/// See [`Fault`]. The error knows how to answer.
pub fn decode(plaintext: &[u8]) -> Result<Inbound, DecodeError> {
    let glance =
        Glance::of(plaintext).map_err(|fault| DecodeError { head: None, dialect: None, fault })?;
    let dialect = dialect_for(&glance.head.kind);
    match command(dialect, &glance, plaintext) {
        Ok((command, dialect)) => Ok(Inbound { head: glance.head, command, dialect }),
        Err(fault) => Err(DecodeError { head: Some(Box::new(glance.head)), dialect, fault }),
    }
}

fn command(
    dialect: Option<&'static dyn Dialect>,
    glance: &Glance<'_>,
    plaintext: &[u8],
) -> Result<(Command, &'static dyn Dialect), Fault> {
    match glance.head.kind.name.as_str() {
        "problem-report" | "problem_report" => Ok((
            Command::ProblemReport(report_problem::read(plaintext)),
            dialect.unwrap_or(&report_problem::V1_0),
        )),
        "ack" => Ok((Command::Ack, dialect.unwrap_or(&notification::V1_0))),
        _ => {
            let dialect = dialect.ok_or(Fault::UnknownType)?;
            let command = match dialect.protocol().name {
                routing::NAME => routing::read(glance)?,
                _ => dialect.decode(&glance.head, plaintext)?,
            };
            Ok((command, dialect))
        }
    }
}

/// The version to answer `kind` in: the same minor, else the next lower one that we have, else our lowest (RFC 0003).
fn dialect_for(kind: &Kind) -> Option<&'static dyn Dialect> {
    let mut chosen: Option<&'static dyn Dialect> = None;
    for dialect in DIALECTS.iter().filter(|dialect| dialect.protocol().speaks(kind)) {
        if chosen.is_none() || dialect.protocol().minor <= kind.minor {
            chosen = Some(*dialect);
        }
    }
    chosen
}

#[cfg(test)]
mod tests;
