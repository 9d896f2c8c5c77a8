//! Problem reports (RFC 0035): read in every shape that is sent, written in the shape that the most agents read.

mod problem;
mod read;
mod v1_0;

use serde_json::json;

use crate::wire::Message;
use crate::{Head, Protocol, notification};

pub use problem::Problem;
pub(crate) use read::read;
pub use v1_0::V1_0;

/// A general problem report. ACA-Py and Credo know it under `notification/1.0`.
pub(crate) fn encode(problem: &Problem, about: Option<&Head>, id: &str) -> Vec<u8> {
    described(notification::PROTOCOL, "problem-report", problem, about, id).into_bytes()
}

/// A report about `about` with a `description`. It names the message twice, as parent thread (RFC 0035) and as thread (what
/// agents do), so that either reader finds it.
pub(crate) fn described(
    protocol: Protocol,
    name: &str,
    problem: &Problem,
    about: Option<&Head>,
    id: &str,
) -> Message {
    let described = Message::new(protocol, name, about, id)
        .with("description", json!({ "en": problem.text.as_ref(), "code": problem.code.as_ref() }));
    described.parent(about.map(|head| head.id.as_str()))
}

/// A report of a handshake. RFC 0160 and 0023 name `problem-code` and `explain`; agents read `description`. The parent thread
/// is left alone: in a handshake it names the invitation.
pub(crate) fn in_handshake(
    protocol: Protocol,
    problem: &Problem,
    about: Option<&Head>,
    id: &str,
) -> Vec<u8> {
    Message::new(protocol, "problem_report", about, id)
        .with("problem-code", problem.code.as_ref())
        .with("explain", problem.text.as_ref())
        .with("description", json!({ "en": problem.text.as_ref(), "code": problem.code.as_ref() }))
        .into_bytes()
}

#[cfg(test)]
mod tests;
