//! Why a plaintext was not understood, and what to say about it.

use crate::report_problem;
use crate::{Dialect, Head, Problem};

/// Why a plaintext was not understood. Holds nothing of the message's text, so that it may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Over a limit of [`crate::limits`].
    #[error("larger than allowed")]
    TooLarge,
    /// No JSON object, or a decorator of the wrong shape.
    #[error("no message")]
    NotAMessage,
    /// A type that we do not speak.
    #[error("unknown message type")]
    UnknownType,
    /// The body is not what its type says.
    #[error("malformed message: {0}")]
    Malformed(&'static str),
    /// Understood, and refused at once.
    #[error("refused: {}", .0.text)]
    Refused(Problem),
}

impl Fault {
    /// What to tell the peer.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused(problem) => problem.clone(),
            Self::Malformed(why) => {
                Problem { text: (*why).into(), ..Problem::MESSAGE_PARSE_FAILURE }
            }
            Self::TooLarge => Problem {
                text: "The message is too large".into(),
                ..Problem::MESSAGE_PARSE_FAILURE
            },
            Self::NotAMessage | Self::UnknownType => Problem::MESSAGE_PARSE_FAILURE,
        }
    }
}

/// A plaintext that was not understood, with what is needed to say so.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct DecodeError {
    /// What could be read of it; `None` when even that failed.
    pub head: Option<Box<Head>>,
    /// The protocol version it claims to be in, when we speak it.
    pub dialect: Option<&'static dyn Dialect>,
    /// Why.
    pub fault: Fault,
}

impl DecodeError {
    /// The problem report to send on an authenticated connection, with `id` as its `@id`: in the shape of the protocol at
    /// hand, or a general one. `None` when it could not be threaded, or when the protocol forbids answers (RFC 0094).
    pub fn answer(&self, id: &str) -> Option<Vec<u8>> {
        let head = self.head.as_deref()?;
        if head.kind.protocol == crate::routing::NAME {
            return None;
        }
        let problem = self.fault.problem();
        Some(match self.dialect {
            Some(dialect) => dialect.encode(&crate::Reply::Problem(problem), Some(head), id),
            None => report_problem::encode(&problem, Some(head), id),
        })
    }
}
