//! What every v1 plaintext has in common, read without touching the body.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::fault::Fault;
use crate::limits;

/// Where message types live today (RFC 0348).
pub(crate) const HTTPS_PREFIX: &str = "https://didcomm.org/";

/// Where they lived before. Still on the wire, and equal in meaning.
pub(crate) const LEGACY_PREFIX: &str = "did:sov:BzCbsNYhMrjHiqZDTUASHg;spec/";

/// The part of a plaintext that says what it is and where its answer belongs (RFC 0020, 0008, 0092).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The parsed `@type`.
    pub kind: Kind,
    /// The `@id`; empty when the peer sent none.
    pub id: String,
    /// `~thread.thid`.
    pub thid: Option<String>,
    /// `~thread.pthid`: in a handshake, the invitation that is answered.
    pub pthid: Option<String>,
    /// `~transport.return_route`; `None` when the decorator is absent, which changes nothing on a socket.
    pub return_route: Option<ReturnRoute>,
}

impl Head {
    /// Reads the head of `plaintext`, which may be any bytes.
    ///
    /// # Errors
    /// [`Fault::TooLarge`], or [`Fault::NotAMessage`] when it is no JSON object or its decorators have the wrong shape.
    pub fn read(plaintext: &[u8]) -> Result<Self, Fault> {
        Glance::of(plaintext).map(|glance| glance.head)
    }

    /// The thread that a reply belongs to: `thid`, or the `@id` of the message that opened the thread (RFC 0008). `None` when
    /// the peer gave neither.
    pub fn thread(&self) -> Option<&str> {
        self.thid.as_deref().or(Some(&self.id)).filter(|id| !id.is_empty())
    }
}

/// The head of a message, and the members of a forward where there are any: a forward is the hottest message, so that they are
/// found in the same pass.
pub(crate) struct Glance<'a> {
    pub(crate) head: Head,
    pub(crate) to: Option<&'a RawValue>,
    pub(crate) msg: Option<&'a RawValue>,
}

impl<'a> Glance<'a> {
    pub(crate) fn of(plaintext: &'a [u8]) -> Result<Self, Fault> {
        if plaintext.len() > limits::PLAINTEXT {
            return Err(Fault::TooLarge);
        }
        if plaintext.trim_ascii_start().first() != Some(&b'{') {
            return Err(Fault::NotAMessage);
        }
        let outline: Outline<'a> =
            serde_json::from_slice(plaintext).map_err(|_| Fault::NotAMessage)?;
        outline.check()?;
        Ok(Self { to: outline.to, msg: outline.msg, head: outline.into_head() })
    }
}

/// A message type: `<prefix><protocol>/<major>.<minor>/<name>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Kind {
    /// The document URI in front.
    pub prefix: Prefix,
    /// The protocol's name, e.g. `coordinate-mediation`; empty when the text is no message type.
    pub protocol: String,
    /// Major version: a different one is a different protocol.
    pub major: u16,
    /// Minor version: any is understood, answers use the lower of the two.
    pub minor: u16,
    /// The message's name, e.g. `mediate-request`.
    pub name: String,
}

/// Which document URI a message type began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// `https://didcomm.org/`.
    Https,
    /// `did:sov:BzCbsNYhMrjHiqZDTUASHg;spec/`: equal in meaning.
    Legacy,
    /// Anything else: no protocol of ours.
    Foreign,
}

impl Kind {
    /// Parses a message type. A text that is none becomes a kind with the prefix [`Prefix::Foreign`], which no dialect speaks.
    pub fn parse(text: &str) -> Self {
        Self::known(text).unwrap_or_else(|| Self {
            prefix: Prefix::Foreign,
            protocol: String::new(),
            major: 0,
            minor: 0,
            name: text.rsplit('/').next().unwrap_or_default().to_owned(),
        })
    }

    fn known(text: &str) -> Option<Self> {
        let (prefix, rest) = match text.strip_prefix(HTTPS_PREFIX) {
            Some(rest) => (Prefix::Https, rest),
            None => (Prefix::Legacy, text.strip_prefix(LEGACY_PREFIX)?),
        };
        let mut parts = rest.trim_start_matches('/').split('/');
        let (protocol, version, name) = (parts.next()?, parts.next()?, parts.next()?);
        let (major, minor) = version.split_once('.')?;
        let complete = parts.next().is_none() && !protocol.is_empty() && !name.is_empty();
        complete.then_some(())?;
        Some(Self {
            prefix,
            protocol: protocol.to_owned(),
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}.{}/{}", self.protocol, self.major, self.minor, self.name)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kind({:?} {self})", self.prefix)
    }
}

/// What may come back on the connection that a message arrived on (RFC 0092).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnRoute {
    /// Nothing; also what an unknown value means.
    None,
    /// Everything for the sender's key.
    All,
    /// Messages of one thread: the given one, or the message's own.
    Thread(Option<String>),
}

impl ReturnRoute {
    fn read(route: &str, thread: Option<String>) -> Self {
        match route {
            "all" => Self::All,
            "thread" => Self::Thread(thread),
            _ => Self::None,
        }
    }
}

#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(rename = "@type", borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(rename = "@id", borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(rename = "~thread", default)]
    thread: Option<ThreadDecorator>,
    #[serde(rename = "~transport", borrow, default)]
    transport: Option<TransportDecorator<'a>>,
    #[serde(borrow, default)]
    to: Option<&'a RawValue>,
    #[serde(borrow, default)]
    msg: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct ThreadDecorator {
    #[serde(default)]
    thid: Option<String>,
    #[serde(default)]
    pthid: Option<String>,
}

#[derive(Deserialize)]
struct TransportDecorator<'a> {
    #[serde(borrow, default)]
    return_route: Option<Cow<'a, str>>,
    #[serde(default)]
    return_route_thread: Option<String>,
}

impl Outline<'_> {
    fn check(&self) -> Result<(), Fault> {
        let fits = |text: Option<&str>, limit| text.is_none_or(|text| text.len() <= limit);
        let thread = self.thread.as_ref();
        let route =
            self.transport.as_ref().and_then(|transport| transport.return_route_thread.as_deref());
        let all_fit = fits(self.kind.as_deref(), limits::TYPE)
            && fits(self.id.as_deref(), limits::ID)
            && fits(thread.and_then(|thread| thread.thid.as_deref()), limits::ID)
            && fits(thread.and_then(|thread| thread.pthid.as_deref()), limits::PARENT_ID)
            && fits(route, limits::ID);
        if all_fit { Ok(()) } else { Err(Fault::TooLarge) }
    }

    fn into_head(self) -> Head {
        let thread = self.thread.unwrap_or_default();
        let return_route = self.transport.and_then(|transport| {
            let route = transport.return_route?;
            Some(ReturnRoute::read(&route, transport.return_route_thread))
        });
        Head {
            kind: Kind::parse(self.kind.as_deref().unwrap_or_default()),
            id: self.id.map(Cow::into_owned).unwrap_or_default(),
            thid: thread.thid.filter(|thid| !thid.is_empty()),
            pthid: thread.pthid.filter(|pthid| !pthid.is_empty()),
            return_route,
        }
    }
}

#[cfg(test)]
mod tests;
