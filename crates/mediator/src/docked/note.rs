//! What docks tell about their sockets, and the form in which that waits in a queue.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::job::{joined, parted};
use crate::session::Proof;

/// Names a socket at a dock: 1 to 64 letters, digits, hyphens and underscores, unique among all docks.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BerthId(String);

/// Who knows the name may send at some docks: logs get its beginning only.
impl fmt::Debug for BerthId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BerthId({:.4}…)", self.0)
    }
}

/// A text that names no socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a socket is named by 1 to 64 letters, digits, hyphens and underscores")]
pub struct BadBerthId;

const LONGEST_ID: usize = 64;

impl BerthId {
    /// The name as the dock gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BerthId {
    type Error = BadBerthId;
    fn try_from(text: String) -> Result<Self, BadBerthId> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_id = (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(is_allowed);
        if is_id { Ok(Self(text)) } else { Err(BadBerthId) }
    }
}

impl FromStr for BerthId {
    type Err = BadBerthId;
    fn from_str(text: &str) -> Result<Self, BadBerthId> {
        text.to_owned().try_into()
    }
}

impl From<BerthId> for String {
    fn from(BerthId(text): BerthId) -> Self {
        text
    }
}

impl fmt::Display for BerthId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a socket at a dock is reached. Whoever makes one has seen to it that it may be.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// By a POST for each frame.
    Http {
        /// Where frames are posted.
        send: String,
        /// What ends the socket, if there is such a thing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disconnect: Option<String>,
    },
    /// By the queue of the dock of this name, which reports pongs.
    Queue(String),
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reach({})", self.dock())
    }
}

impl Reach {
    /// The dock: whatever this names is gone for all of its sockets at once.
    pub fn dock(&self) -> &str {
        match self {
            // scheme://host:port
            Self::Http { send, .. } => {
                let host = send.find("://").map_or(0, |scheme| scheme + 3);
                let end = send[host..].find('/').map_or(send.len(), |path| host + path);
                &send[..end]
            }
            Self::Queue(name) => name,
        }
    }

    /// What shows that mail has arrived there.
    pub(crate) fn proof(&self) -> Proof {
        match self {
            Self::Http { .. } => Proof::Words,
            Self::Queue(_) => Proof::Pongs,
        }
    }
}

/// Something happened at a dock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// On which socket.
    pub berth: BerthId,
    /// How to reach it; not every note has to say.
    pub reach: Option<Reach>,
    /// What.
    pub event: Event,
    /// Which message of the socket it is, from 1 on, if the dock counts them. One that was heard is not heard again.
    pub number: Option<u64>,
}

/// What happened on a socket at a dock.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// It opened.
    Opened,
    /// A message came.
    Frame(Bytes),
    /// The pong to the ping with this payload came.
    Pong(u64),
    /// It is over, and this is the last of it.
    Closed,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("Opened"),
            Self::Frame(bytes) => write!(f, "Frame({} bytes)", bytes.len()),
            Self::Pong(payload) => write!(f, "Pong({payload:016x})"),
            Self::Closed => f.write_str("Closed"),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    berth: BerthId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reach: Option<Reach>,
    event: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Opened,
    Frame,
    Pong(u64),
    Closed,
}

impl Note {
    /// The job that it is in a queue.
    pub fn to_job(&self) -> Bytes {
        let (event, frame) = match &self.event {
            Event::Opened => (Kind::Opened, None),
            Event::Frame(bytes) => (Kind::Frame, Some(bytes)),
            Event::Pong(payload) => (Kind::Pong(*payload), None),
            Event::Closed => (Kind::Closed, None),
        };
        let (berth, reach) = (self.berth.clone(), self.reach.clone());
        let line = Line { berth, reach, event, number: self.number };
        joined(&line, frame.map_or(&[], |bytes| &bytes[..]))
    }

    /// The reverse; `None` for what another version wrote.
    pub fn from_job(job: &Bytes) -> Option<Self> {
        let (Line { berth, reach, event, number }, body) = parted(job)?;
        let event = match event {
            Kind::Opened => Event::Opened,
            Kind::Frame => Event::Frame(body),
            Kind::Pong(payload) => Event::Pong(payload),
            Kind::Closed => Event::Closed,
        };
        Some(Self { berth, reach, event, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(send: &str) -> Reach {
        Reach::Http { send: send.to_owned(), disconnect: None }
    }

    #[test]
    fn a_note_survives_the_queue() {
        let berth: BerthId = "0123abcd".parse().unwrap();
        let events = [
            Event::Opened,
            Event::Frame(Bytes::from_static(b"line\nline \xff")),
            Event::Frame(Bytes::new()),
            Event::Pong(u64::MAX),
            Event::Closed,
        ];
        for event in events {
            let http = http("http://dock:1/socket/x/send");
            for (reach, number) in
                [(None, None), (Some(http), Some(7)), (Some(Reach::Queue("d".into())), None)]
            {
                let note = Note { berth: berth.clone(), reach, event: event.clone(), number };
                assert_eq!(Note::from_job(&note.to_job()), Some(note));
            }
        }
    }

    #[test]
    fn what_is_no_note_is_none() {
        for junk in ["", "\n", "{}\n", r#"{"berth":"../x","event":"closed"}"#, "no line"] {
            assert_eq!(Note::from_job(&Bytes::from(junk)), None, "{junk}");
        }
    }

    #[test]
    fn names_that_could_break_out_of_a_path_are_refused() {
        for name in ["", "a/b", "..", "a b", "ä", &"x".repeat(65)] {
            assert_eq!(name.parse::<BerthId>(), Err(BadBerthId), "{name}");
        }
    }

    #[test]
    fn a_dock_is_where_its_sockets_are() {
        assert_eq!(http("http://10.0.0.5:8765/socket/x/send").dock(), "http://10.0.0.5:8765");
        assert_eq!(http("https://dock/base/socket/x/send").dock(), "https://dock");
        assert_eq!(http("nonsense").dock(), "nonsense");
        assert_eq!(Reach::Queue("north".to_owned()).dock(), "north");
    }
}
