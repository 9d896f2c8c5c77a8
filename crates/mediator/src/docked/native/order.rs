//! What is to be done at a dock, and the form in which that waits in its queue.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::super::BerthId;
use super::super::job::{joined, parted};
use super::posts::Outcome;

/// One thing to do.
#[derive(Clone, PartialEq, Eq)]
pub enum Order {
    /// Send this as a text frame.
    Send(BerthId, Bytes),
    /// Send a ping with this payload, and report its pong.
    Ping(BerthId, u64),
    /// Close the socket with this code and these words.
    Close(BerthId, u16, String),
    /// Answer a request that the dock holds.
    Answer(u64, Outcome),
}

/// Envelopes stay out of logs.
impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(berth, envelope) => write!(f, "Send({berth:?}, {} bytes)", envelope.len()),
            Self::Ping(berth, payload) => write!(f, "Ping({berth:?}, {payload:016x})"),
            Self::Close(berth, code, _) => write!(f, "Close({berth:?}, {code})"),
            Self::Answer(request, outcome) => write!(f, "Answer({request}, {outcome:?})"),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Send(BerthId),
    Ping(BerthId, u64),
    Close(BerthId, u16, String),
    Answer(u64, Outcome),
}

impl Order {
    /// The job that it is in the queue.
    pub(super) fn to_job(&self) -> Bytes {
        let (line, body) = match self.clone() {
            Self::Send(berth, envelope) => (Line::Send(berth), envelope),
            Self::Ping(berth, payload) => (Line::Ping(berth, payload), Bytes::new()),
            Self::Close(berth, code, words) => (Line::Close(berth, code, words), Bytes::new()),
            Self::Answer(request, outcome) => {
                let (outcome, envelope) = outcome.parted();
                (Line::Answer(request, outcome), envelope)
            }
        };
        joined(&line, &body)
    }

    /// The reverse; `None` for what another version wrote.
    pub(super) fn from_job(job: &Bytes) -> Option<Self> {
        let (line, body) = parted(job)?;
        Some(match line {
            Line::Send(berth) => Self::Send(berth, body),
            Line::Ping(berth, payload) => Self::Ping(berth, payload),
            Line::Close(berth, code, words) => Self::Close(berth, code, words),
            Line::Answer(request, outcome) => Self::Answer(request, outcome.whole(body)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_survives_the_queue() {
        let berth: BerthId = "ab".parse().unwrap();
        let orders = [
            Order::Send(berth.clone(), Bytes::from_static(b"{\n}")),
            Order::Ping(berth.clone(), u64::MAX),
            Order::Close(berth, 1001, "going away".to_owned()),
            Order::Answer(7, Outcome::Accepted),
            Order::Answer(7, Outcome::Refused(5)),
            Order::Answer(
                u64::MAX,
                Outcome::Reply { envelope: "{}".into(), settle: Some("core".into()) },
            ),
        ];
        for order in orders {
            assert_eq!(Order::from_job(&order.to_job()), Some(order));
        }
        assert_eq!(Order::from_job(&Bytes::from_static(b"{}\n")), None);
    }

    #[test]
    fn debug_output_does_not_give_envelopes_away() {
        let (berth, secret): (BerthId, _) =
            ("abcdef".parse().unwrap(), Bytes::from_static(b"hush"));
        let reply = Outcome::Reply { envelope: secret.clone(), settle: None };
        let shown = format!("{:?} {:?}", Order::Send(berth, secret), Order::Answer(1, reply));
        assert_eq!(shown, "Send(BerthId(abcd…), 4 bytes) Answer(1, Reply(4 bytes))");
    }
}
