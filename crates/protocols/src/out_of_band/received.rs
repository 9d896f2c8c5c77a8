//! Reading an invitation of somebody else: out-of-band 1.x, or connections/1.0.

use didcomm::VerKey;
use serde::Deserialize;
use serde_json::Value;

use super::link;
use crate::message::Kind;
use crate::{Handshake, Prefix, limits};

/// Why a text is no invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// Over [`limits::INVITATION`].
    #[error("the invitation is too large")]
    TooLarge,
    /// The link carries none.
    #[error("the link carries no invitation")]
    NoInvitation,
    /// The query value is no base64url.
    #[error("the invitation is not base64url")]
    BadEncoding,
    /// The message is no invitation.
    #[error("the message is no invitation")]
    NotAnInvitation,
    /// There is nobody to answer.
    #[error("the invitation names no usable service")]
    NoService,
}

/// An invitation that was scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedInvitation {
    /// Its `@id`, to be named as parent thread.
    pub id: String,
    /// What the inviter calls itself, shortened.
    pub label: String,
    /// The goal code.
    pub goal_code: Option<String>,
    /// The handshakes that are offered and known to us, best first.
    pub handshakes: Vec<Handshake>,
    /// How to reach the inviter, best first; at least one.
    pub services: Vec<Service>,
}

/// One way to reach an inviter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// Keys and address are in the invitation.
    Inline {
        /// Keys to seal for; at least one.
        recipient_keys: Vec<VerKey>,
        /// Keys to wrap forwards for, nearest the recipient first.
        routing_keys: Vec<VerKey>,
        /// The address.
        endpoint: String,
    },
    /// A DID to resolve.
    Did(String),
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "@type")]
    kind: String,
    #[serde(rename = "@id")]
    id: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    goal_code: Option<String>,
    #[serde(default)]
    handshake_protocols: Vec<String>,
    #[serde(default)]
    services: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireService {
    recipient_keys: Vec<String>,
    #[serde(default)]
    routing_keys: Vec<String>,
    service_endpoint: String,
}

impl ReceivedInvitation {
    /// Reads a link, or the message itself.
    ///
    /// # Errors
    /// See [`InvitationError`].
    pub fn read(text: &str) -> Result<Self, InvitationError> {
        let text = text.trim();
        if text.starts_with('{') {
            Self::from_message(text.as_bytes())
        } else {
            Self::from_message(&link::read(text)?)
        }
    }

    fn from_message(message: &[u8]) -> Result<Self, InvitationError> {
        if message.len() > limits::INVITATION {
            return Err(InvitationError::TooLarge);
        }
        let not_one = |_| InvitationError::NotAnInvitation;
        let value: Value = serde_json::from_slice(message).map_err(not_one)?;
        let wire: Wire = serde_json::from_value(value.clone()).map_err(not_one)?;
        let kind = Kind::parse(&wire.kind);
        match (kind.protocol.as_str(), kind.major, kind.name.as_str()) {
            ("out-of-band", 1, "invitation") => wire.into_received(Service::read),
            ("connections", 1, "invitation") => wire.into_legacy(value),
            _ => Err(InvitationError::NotAnInvitation),
        }
    }
}

impl Wire {
    fn into_received(
        self,
        service: impl Fn(Value) -> Option<Service>,
    ) -> Result<ReceivedInvitation, InvitationError> {
        let services: Vec<Service> = self.services.into_iter().filter_map(service).collect();
        if services.is_empty() {
            return Err(InvitationError::NoService);
        }
        Ok(ReceivedInvitation {
            id: self.id,
            label: crate::wire::shortened(&self.label.unwrap_or_default(), limits::LABEL),
            goal_code: self.goal_code,
            handshakes: self.handshake_protocols.iter().filter_map(|uri| handshake(uri)).collect(),
            services,
        })
    }

    /// An RFC 0160 invitation is its own service, or names a DID.
    fn into_legacy(mut self, message: Value) -> Result<ReceivedInvitation, InvitationError> {
        self.services = vec![message.get("did").cloned().unwrap_or(message)];
        self.handshake_protocols = vec![crate::connections::PROTOCOL.uri()];
        self.into_received(Service::read)
    }
}

impl Service {
    fn read(value: Value) -> Option<Self> {
        if let Value::String(did) = value {
            return Some(Self::Did(did));
        }
        let wire: WireService = serde_json::from_value(value).ok()?;
        let keys = |texts: &[String]| {
            texts.iter().map(|text| VerKey::parse(text).ok()).collect::<Option<Vec<_>>>()
        };
        let recipient_keys = keys(&wire.recipient_keys).filter(|keys| !keys.is_empty())?;
        Some(Self::Inline {
            recipient_keys,
            routing_keys: keys(&wire.routing_keys)?,
            endpoint: wire.service_endpoint,
        })
    }
}

/// A handshake protocol by name and major version; an unknown minor counts as the highest that we have.
fn handshake(uri: &str) -> Option<Handshake> {
    let kind = Kind::parse(&format!("{}/request", uri.trim_end_matches('/')));
    match (kind.prefix, kind.protocol.as_str(), kind.major, kind.minor) {
        (Prefix::Foreign, ..) => None,
        (_, "connections", 1, _) => Some(Handshake::Connections),
        (_, "didexchange", 1, 0) => Some(Handshake::DidExchange10),
        (_, "didexchange", 1, _) => Some(Handshake::DidExchange11),
        _ => None,
    }
}
