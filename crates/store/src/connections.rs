//! The peers we know and the keys we know them by.

use async_trait::async_trait;
use didcomm::VerKey;
use serde::{Deserialize, Serialize};

use crate::{RecipientId, Result, Timestamp};

/// Connections (RFC 0023, RFC 0160) and single-use invitations. No private key is ever stored here: ours are derived
/// from the root secret and the connection's id.
///
/// Writes are durable, and visible to every instance, before they return.
#[async_trait]
pub trait Connections: Send + Sync {
    /// Keeps a new connection. With `invitation`, uses that single-use invitation up in the same act.
    ///
    /// A connection with this id that exists already is left as it is and returned: ids are derived from the request, so a
    /// replayed handshake meets its own connection, also when its invitation is used up by itself.
    async fn admit(&self, connection: &Connection, invitation: Option<&str>) -> Result<Admission>;

    /// The connection with this id.
    async fn get(&self, id: RecipientId) -> Result<Option<Connection>>;

    /// The connection in which `ours` is our key.
    async fn by_key(&self, ours: &VerKey) -> Result<Option<Connection>>;

    /// Replaces the connection with the same id, if there is one.
    async fn update(&self, connection: &Connection) -> Result<()>;

    /// Forgets the connection. Its mail and keylist are the business of the other traits.
    async fn remove(&self, id: RecipientId) -> Result<()>;

    /// Ids of connections whose peer has an endpoint that can be dialled, in the order of ids, from behind `after` on.
    async fn dialable(&self, after: Option<RecipientId>, limit: usize) -> Result<Vec<RecipientId>>;

    /// Keeps a single-use invitation. One with this id that exists already is left as it is, used or not.
    async fn invite(&self, invitation: &Invitation) -> Result<()>;

    /// The single-use invitation with this id, also when it was used.
    async fn invitation(&self, id: &str) -> Result<Option<Invitation>>;
}

/// What became of a new connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It is kept.
    Admitted,
    /// It was there before: this is it.
    Known(Box<Connection>),
    /// The invitation was used by another request, has expired, or is unknown; nothing was kept.
    Refused,
}

/// A peer and how we reach each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Names the connection and the mailbox.
    pub id: RecipientId,
    /// Which generation of our keys this connection uses.
    pub key_epoch: u32,
    /// Our key in it.
    pub our_key: VerKey,
    /// Our DID in it.
    pub our_did: String,
    /// The peer's DID, in its short form.
    pub their_did: String,
    /// The keys the peer may write with and is written to; the first is the one to write to.
    pub their_keys: Vec<VerKey>,
    /// Where the peer can be reached, best first. Empty for a wallet that fetches its mail.
    pub endpoints: Vec<PeerEndpoint>,
    /// What the peer calls itself; self-attested.
    pub label: String,
    /// The id of the request that made it.
    pub request_id: String,
    /// When it was made.
    pub created: Timestamp,
}

/// An address from a peer's DID document (RFC 0067).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerEndpoint {
    /// An `http`, `https`, `ws` or `wss` URI.
    pub uri: String,
    /// Keys to wrap forwards for, nearest the recipient first.
    pub routing_keys: Vec<VerKey>,
}

/// An invitation that may be used once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its `@id`, which becomes the `pthid` of what answers it.
    pub id: String,
    /// From when on it is void.
    pub expires: Timestamp,
    /// The connection that used it.
    pub used_by: Option<RecipientId>,
}
