//! Writing an invitation.

use didcomm::VerKey;
use serde_json::{Value, json};

use super::link;
use super::v1_1;
use crate::wire::Message;
use crate::{connections, did_exchange};

/// The profiles that we speak: RFC 0019 envelopes (RFC 0044).
const ACCEPT: [&str; 2] = ["didcomm/aip1", "didcomm/aip2;env=rfc19"];

/// An invitation to connect with us (RFC 0434, version 1.1). Single use and expiry are not on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its `@id`, which requests name as parent thread.
    pub id: String,
    /// What we call ourselves.
    pub label: String,
    /// The key that requests are sealed for, and that signs the responses.
    pub key: VerKey,
    /// Where requests are posted: an `http` or `https` URI.
    pub endpoint: String,
    /// What it is for, for programs; none is standardised for mediation.
    pub goal_code: Option<String>,
    /// What it is for, for people.
    pub goal: Option<String>,
    /// A picture of us.
    pub image_url: Option<String>,
}

impl Invitation {
    /// The message. It has exactly one service, since ACA-Py refuses any other number.
    pub fn to_json(&self) -> Value {
        let protocols =
            [did_exchange::V1_1_PROTOCOL, did_exchange::V1_0_PROTOCOL, connections::PROTOCOL];
        Message::new(v1_1::PROTOCOL, "invitation", None, &self.id)
            .with("label", self.label.as_str())
            .with_some("goal_code", self.goal_code.as_deref())
            .with_some("goal", self.goal.as_deref())
            .with_some("imageUrl", self.image_url.as_deref())
            .with("accept", json!(ACCEPT))
            .with("handshake_protocols", json!(protocols.map(|protocol| protocol.uri())))
            .with("services", json!([self.service()]))
            .into_json()
    }

    /// The invitation as a link: `<base>?oob=<message>`, behind a query that `base` may have already.
    pub fn to_url(&self, base: &str) -> String {
        link::write(base, &self.to_json().to_string())
    }

    fn service(&self) -> Value {
        json!({
            "id": "#inline",
            "type": "did-communication",
            "recipientKeys": [self.key.to_did_key()],
            "routingKeys": [],
            "serviceEndpoint": self.endpoint,
        })
    }
}
