//! What a mediator may say, whatever the protocol version it says it in.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use didcomm::{Destination, SecretKey, VerKey};
use serde_json::Value;

use crate::{
    Dialect, FeatureKind, Head, KeyFilter, Problem, coordinate_mediation, did_exchange,
    discover_features, notification, out_of_band, pickup, report_problem, trust_ping,
};

/// Everything a mediator may say.
#[derive(Debug)]
pub enum Reply<'a> {
    /// The answer to a request for a connection (RFC 0160 and 0023 `response`).
    Connected(ConnectResponse<'a>),
    /// The existing connection is used (RFC 0434 `handshake-reuse-accepted`).
    ReuseAccepted,
    /// Mediation is granted (RFC 0211).
    Grant {
        /// Where senders post envelopes for the recipient.
        endpoint: String,
        /// Keys to wrap forwards for, nearest the recipient first.
        routing_keys: Vec<VerKey>,
    },
    /// Mediation is denied (RFC 0211).
    Deny,
    /// What became of each update, in the order of the updates (RFC 0211).
    KeylistUpdated(Vec<KeyUpdated>),
    /// The keys of the recipient (RFC 0211).
    Keylist {
        /// In the order of their registration.
        keys: Vec<Destination>,
        /// Given when the query asked for a page.
        page: Option<PageInfo>,
    },
    /// How much is waiting.
    Status(PickupStatus),
    /// The answer to a `delivery-request` for which there is no mail: a status, or an empty delivery, as the version has it.
    NothingWaiting(PickupStatus),
    /// Mail that stays until it is acknowledged. Without a thread it is a live delivery.
    Delivery {
        /// In the order of their arrival.
        items: Vec<Attached>,
        /// The filter of the request.
        key: Option<KeyFilter>,
    },
    /// Mail that cannot be acknowledged (RFC 0212 `batch`); empty when nothing is waiting.
    Batch(Vec<Attached>),
    /// Mail that was asked for by id (RFC 0212 `list-response`).
    Listed(Vec<Attached>),
    /// I am here (RFC 0048).
    Pong,
    /// What we can do (RFC 0031, RFC 0557).
    Features(Vec<Disclosure>),
    /// Received (RFC 0015).
    Ack,
    /// Something went wrong (RFC 0035), in the shape and spelling of the protocol at hand.
    Problem(Problem),
}

/// Our side of a new connection.
#[derive(Clone, Copy)]
pub struct ConnectResponse<'a> {
    /// Our DID in it.
    pub did: &'a str,
    /// The document of our DID; `None` when the DID resolves itself. Required by connections/1.0.
    pub document: Option<&'a Value>,
    /// The key of the invitation, which signs: peers check that it is this one.
    pub signer: &'a SecretKey,
    /// Seconds since 1970, for the time stamp in front of signed data (RFC 0234).
    pub now_seconds: u64,
}

/// What became of one update of a keylist.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyUpdated {
    /// The key exactly as received.
    pub text: String,
    /// The action exactly as received.
    pub action_text: String,
    /// What became of it.
    pub result: KeyResult,
}

/// The results of RFC 0211.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyResult {
    /// The keylist changed.
    Success,
    /// It was so before.
    NoChange,
    /// Bad key, bad action, a key of somebody else, or too many keys.
    ClientError,
    /// Our storage failed.
    ServerError,
}

impl KeyResult {
    /// As written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::NoChange => "no_change",
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
        }
    }
}

/// Where a page of a keylist stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageInfo {
    /// The offset that was asked for.
    pub offset: usize,
    /// How many keys come after this page.
    pub remaining: usize,
}

/// How much is waiting for a recipient. Times are milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PickupStatus {
    /// Messages waiting.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When the oldest arrived.
    pub oldest_ms: Option<u64>,
    /// When the newest arrived.
    pub newest_ms: Option<u64>,
    /// The present.
    pub now_ms: u64,
    /// Whether live delivery is on in this session.
    pub live: bool,
    /// The filter of the request.
    pub key: Option<KeyFilter>,
}

impl PickupStatus {
    /// For how many seconds the oldest message has been waiting; `None` when there is none.
    pub fn waited_seconds(&self) -> Option<u64> {
        self.oldest_ms.map(|oldest| self.now_ms.saturating_sub(oldest) / 1_000)
    }
}

/// A kept message on its way to its owner.
#[derive(Clone, PartialEq, Eq)]
pub struct Attached {
    /// The id it is acknowledged by: stable over redelivery, at least 8 characters of `[-_./a-zA-Z0-9]`.
    pub id: String,
    /// The envelope's JSON text, as it was forwarded.
    pub envelope: Bytes,
}

impl Attached {
    /// An upper bound for the bytes that this message takes in a plaintext of any pickup version.
    pub fn encoded_len(&self) -> usize {
        self.envelope.len().div_ceil(3) * 4 + 2 * self.id.len() + 64
    }
}

/// A feature that we have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// Its kind.
    pub kind: FeatureKind,
    /// Its identifier; for a protocol its URI.
    pub id: Cow<'static, str>,
    /// The roles we play in a protocol.
    pub roles: &'static [&'static str],
}

/// Says `reply` in the protocol it belongs to, for a dialect that has no words for it.
pub(crate) fn in_own_protocol(reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
    let home: &dyn Dialect = match reply {
        Reply::Connected(_) => &did_exchange::V1_1,
        Reply::ReuseAccepted => &out_of_band::V1_1,
        Reply::Grant { .. } | Reply::Deny | Reply::KeylistUpdated(_) | Reply::Keylist { .. } => {
            &coordinate_mediation::V1_0
        }
        Reply::Status(_) | Reply::NothingWaiting(_) | Reply::Delivery { .. } => &pickup::V2_0,
        Reply::Batch(_) | Reply::Listed(_) => &pickup::V1_0,
        Reply::Pong => &trust_ping::V1_0,
        Reply::Features(_) => &discover_features::V2_0,
        Reply::Ack => &notification::V1_0,
        Reply::Problem(problem) => return report_problem::encode(problem, thread, id),
    };
    home.encode(reply, thread, id)
}

// Debug output may end up in a log: it names no whole DID, no key and no content.

impl fmt::Debug for ConnectResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectResponse")
            .field("with_document", &self.document.is_some())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyUpdated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyUpdated({:?})", self.result)
    }
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attached")
            .field("id", &self.id)
            .field("bytes", &self.envelope.len())
            .finish()
    }
}
