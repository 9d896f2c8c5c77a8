use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{entry, payload};

/// What came for an agent: an entry of [`Names::inbound`](super::Names::inbound).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// The envelope, as it came.
    #[serde(with = "payload")]
    pub payload: Bytes,
    /// How it came. Plug-ins that mediate leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport_type: Option<TransportType>,
    /// Set if an answer is waited for ([`Answer`](super::Answer)). Unmodified plug-ins stop for ever over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub txn_id: Option<String>,
}

/// How a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportType {
    /// By POST.
    Http,
    /// On a WebSocket.
    Ws,
}

entry!(Inbound, "an inbound message");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_the_fields_that_the_plug_in_reads() {
        let entry = Inbound {
            payload: Bytes::from_static(b"{\"protected\":1}"),
            transport_type: Some(TransportType::Http),
            txn_id: None,
        };
        let expected = r#"{"payload":"eyJwcm90ZWN0ZWQiOjF9","transport_type":"http"}"#;
        assert_eq!(entry.to_bytes(), expected.as_bytes());
    }

    #[test]
    fn an_entry_of_a_mediating_plug_in_is_read() {
        let entry = Inbound::from_bytes(br#"{"payload": "eyJ9"}"#).unwrap();
        assert_eq!((entry.transport_type, entry.txn_id), (None, None));
    }
}
