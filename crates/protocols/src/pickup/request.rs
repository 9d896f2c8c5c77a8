//! The fields that pickup requests share.

use std::fmt;

use didcomm::Destination;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

use crate::command::KeyFilter;
use crate::{Fault, Problem, limits};

/// How many messages a wallet asks for. Hostile numbers are told apart here, once for all versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// At least one; a number beyond `usize` becomes its greatest.
    AtMost(usize),
    /// Zero or less: never read as "no limit".
    Nothing,
}

impl Limit {
    /// The number, or the problem to report.
    pub(super) fn positive(self) -> Result<usize, Fault> {
        match self {
            Self::AtMost(limit) => Ok(limit),
            Self::Nothing => {
                Err(Fault::Refused(Problem::fixed("invalid-limit", "The limit must be at least 1")))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LimitVisitor)
    }
}

struct LimitVisitor;

impl Visitor<'_> for LimitVisitor {
    type Value = Limit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Limit, E> {
        match usize::try_from(number) {
            Ok(0) => Ok(Limit::Nothing),
            Ok(limit) => Ok(Limit::AtMost(limit)),
            Err(_) => Ok(Limit::AtMost(usize::MAX)),
        }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Limit, E> {
        u64::try_from(number).map_or(Ok(Limit::Nothing), |number| self.visit_u64(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Limit, E> {
        if number.fract() != 0.0 {
            return Err(E::custom("no whole number"));
        }
        Ok(if number < 1.0 { Limit::Nothing } else { Limit::AtMost(number as usize) })
    }
}

/// A filter, when there is one.
pub(super) fn filter(text: Option<String>) -> Result<Option<KeyFilter>, Fault> {
    let Some(text) = text else { return Ok(None) };
    if text.len() > limits::DESTINATION {
        return Err(Fault::TooLarge);
    }
    match Destination::parse(&text) {
        Ok(destination) => Ok(Some(KeyFilter { text, destination })),
        Err(_) => Err(Fault::Malformed("the recipient is neither a key nor a DID")),
    }
}

/// A list of message ids. Ids that cannot be ours are kept: the mediator ignores what it does not know.
pub(super) fn ids(ids: Vec<String>) -> Result<Vec<String>, Fault> {
    if ids.len() > limits::MESSAGE_IDS { Err(Fault::TooLarge) } else { Ok(ids) }
}

/// The body of `messages-received`, the same in all versions that have it.
#[derive(Deserialize)]
pub(super) struct Received {
    pub(super) message_id_list: Vec<String>,
}

/// The body of `live-delivery-change`, the same in all versions that have it.
#[derive(Deserialize)]
pub(super) struct LiveChange {
    pub(super) live_delivery: bool,
}
