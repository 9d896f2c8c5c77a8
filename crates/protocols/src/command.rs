//! What a peer may ask for, whatever the protocol version it asks in.

use std::fmt;

use bytes::Bytes;
use didcomm::document::Document;
use didcomm::{Destination, VerKey};

use crate::{Dialect, Head};

/// A message that was understood.
#[derive(Debug)]
pub struct Inbound {
    /// What it is and where its answer belongs.
    pub head: Head,
    /// What it asks for.
    pub command: Command,
    /// The version it was said in, which is the version to answer in.
    pub dialect: &'static dyn Dialect,
}

/// Everything a peer may ask of a mediator.
#[derive(Debug)]
pub enum Command {
    /// Make a connection (RFC 0160 and 0023 `request`).
    Connect(Box<ConnectRequest>),
    /// The connection is complete (RFC 0023 `complete`).
    Complete,
    /// Use the existing connection instead of a new one (RFC 0434 `handshake-reuse`).
    Reuse,
    /// Pass an envelope on (RFC 0094 `forward`).
    Forward(Forward),
    /// Grant mediation (RFC 0211).
    MediateRequest,
    /// Add and remove keys, in this order (RFC 0211).
    KeylistUpdate(Vec<KeyUpdate>),
    /// List the keys; `None` asks for all of them in one answer (RFC 0211).
    KeylistQuery(Option<Page>),
    /// How much is waiting.
    StatusRequest {
        /// Only what was forwarded to this key.
        key: Option<KeyFilter>,
    },
    /// Hand over mail; it stays until it is acknowledged.
    DeliveryRequest {
        /// At most so many messages; at least one, not yet capped.
        limit: usize,
        /// Only what was forwarded to this key.
        key: Option<KeyFilter>,
    },
    /// Acknowledge mail by id. The ids are any text: unknown ones are to be ignored.
    MessagesReceived {
        /// What was handed over.
        ids: Vec<String>,
    },
    /// Switch live delivery on or off for this session.
    LiveDelivery(bool),
    /// Hand over mail that cannot be acknowledged (RFC 0212).
    BatchPickup {
        /// At most so many messages; at least one, not yet capped.
        size: usize,
    },
    /// Hand over these messages, which cannot be acknowledged (RFC 0212).
    ListPickup {
        /// Ids as they were given to the wallet; any text.
        ids: Vec<String>,
    },
    /// Nothing: carries a return route (RFC 0212 `noop`).
    Noop,
    /// Are you there (RFC 0048).
    Ping {
        /// `false` must not be answered.
        response_requested: bool,
    },
    /// Which features do you have (RFC 0031, RFC 0557).
    Features(Vec<FeatureQuery>),
    /// Something was received (RFC 0015). Confirms a connections/1.0 handshake, too.
    Ack,
    /// Something went wrong at the peer (RFC 0035). Never answered.
    ProblemReport(Report),
    /// Understood, and nothing to do: chat messages, late pongs.
    Ignored,
}

/// A peer that wants a connection. Its document is resolved from its DID, or came attached and signed by a key in it; a
/// connections/1.0 document is not signed. What remains for the mediator is to check that the envelope's sender is a key of
/// this document.
#[derive(Clone)]
pub struct ConnectRequest {
    /// What the peer calls itself, shortened; self-attested.
    pub label: String,
    /// The DID as the peer wrote it.
    pub did: String,
    /// Its document.
    pub document: Document,
    /// The protocol it came in.
    pub handshake: Handshake,
    /// Keys that signed the attached document and belong to it; empty when there was no attachment.
    pub signers: Vec<VerKey>,
}

/// The ways to make a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Handshake {
    /// connections/1.0 (RFC 0160).
    Connections,
    /// didexchange/1.0 (RFC 0023).
    DidExchange10,
    /// didexchange/1.1 (RFC 0023).
    DidExchange11,
}

/// An envelope that is to be kept for, or passed on to, the owner of `to`.
#[derive(Clone, PartialEq, Eq)]
pub struct Forward {
    /// Whom it is for.
    pub to: Destination,
    /// The envelope's JSON text as it was received; a `msg` that came as a string is unwrapped.
    pub envelope: Bytes,
}

/// One entry of a `keylist-update`.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyUpdate {
    /// The key exactly as received: the answer repeats it.
    pub text: String,
    /// What it means; `None` when it is no key and the answer is `client_error`.
    pub destination: Option<Destination>,
    /// What to do; `None` when the peer asked for something unknown and the answer is `client_error`.
    pub action: Option<Action>,
    /// The action exactly as received.
    pub action_text: String,
}

/// What a `keylist-update` does with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Route mail for this key to me.
    Add,
    /// Stop doing so.
    Remove,
}

/// A part of a keylist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// At most so many keys; `None` for no limit of the peer's.
    pub limit: Option<usize>,
    /// How many keys to leave out in front.
    pub offset: usize,
}

/// Restricts a pickup to the mail for one key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyFilter {
    /// The key exactly as received: the answer repeats it.
    pub text: String,
    /// What it means.
    pub destination: Destination,
}

/// One question of discover-features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureQuery {
    /// What kind of feature is asked for.
    pub kind: FeatureKind,
    /// A text in which `*` stands for any characters.
    pub pattern: String,
}

/// What kind of feature is asked for (RFC 0557, feature types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeatureKind {
    /// `protocol`: protocol identifier URIs.
    Protocol,
    /// `aip`: Aries Interop Profiles.
    Aip,
    /// Another one, of which we have none.
    Other,
}

/// What a problem report says, shortened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// `description.code` or `problem-code`.
    pub code: Option<String>,
    /// `description.en`, `explain`, or the description itself when it is a text.
    pub text: Option<String>,
}

// Debug output may end up in a log: it names no whole DID, no key and no content.

impl fmt::Debug for ConnectRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectRequest").field("handshake", &self.handshake).finish_non_exhaustive()
    }
}

impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forward")
            .field("to", &self.to)
            .field("bytes", &self.envelope.len())
            .finish()
    }
}

impl fmt::Debug for KeyUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyUpdate({:?} {:?})", self.action, self.destination)
    }
}

impl fmt::Debug for KeyFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFilter({:?})", self.destination)
    }
}
