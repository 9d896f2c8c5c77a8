use std::fmt;

use crate::VerKey;

/// One place where an agent can be reached.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The address as the document has it; empty when it has none.
    pub uri: String,
    /// The keys to encrypt to; the first is the `to` of a forward.
    pub recipient_keys: Vec<VerKey>,
    /// The keys to wrap forwards for, nearest the recipient first (RFC 0094).
    pub routing_keys: Vec<VerKey>,
}

/// What kind of address an endpoint has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// `http://` or `https://`.
    Http,
    /// `ws://` or `wss://`.
    Ws,
    /// `didcomm:transport/queue`: the owner fetches its mail.
    Queue,
    /// A DID, whose own endpoint is meant.
    Did,
    /// No address, or one of another kind.
    None,
}

impl Endpoint {
    /// What kind of address this is; the scheme counts in any case.
    #[must_use]
    pub fn kind(&self) -> EndpointKind {
        let scheme = self.uri.split(':').next().unwrap_or_default().to_ascii_lowercase();
        match scheme.as_str() {
            "http" | "https" => EndpointKind::Http,
            "ws" | "wss" => EndpointKind::Ws,
            "did" => EndpointKind::Did,
            "didcomm" if self.uri == "didcomm:transport/queue" => EndpointKind::Queue,
            _ => EndpointKind::None,
        }
    }
}

/// The address may hold a token of its owner, so it is not shown.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({:?}, {} routing keys)", self.kind(), self.routing_keys.len())
    }
}
