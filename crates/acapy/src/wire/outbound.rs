use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{entry, payload};

/// What an agent sends, or a webhook of it: an entry of [`Names::outbound`](super::Names::outbound).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbound {
    /// Where it goes.
    pub service: Service,
    /// What is posted.
    #[serde(with = "payload")]
    pub payload: Bytes,
    /// With exactly these headers. They may hold API keys.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How often it was tried and put back. Written by the deliverer that the plug-in came with.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
}

/// Where a message goes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// A URL of http, https, ws or wss.
    pub url: String,
}

entry!(Outbound, "an outbound message");

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outbound({} bytes)", self.payload.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_plug_in_is_read_and_shows_nothing() {
        let text = br#"{"service": {"url": "http://a.example/k"}, "payload": "e30=", "headers": {"x-api-key": "hush"}}"#;
        let entry = Outbound::from_bytes(text).unwrap();
        assert_eq!((entry.service.url.as_str(), entry.retries), ("http://a.example/k", 0));
        assert_eq!(format!("{entry:?}"), "Outbound(2 bytes)");
    }

    #[test]
    fn junk_is_told_from_entries() {
        for junk in [&b""[..], b"[]", b"{}", br#"{"service": {}, "payload": "e30="}"#, b"\xff"] {
            assert_eq!(Outbound::from_bytes(junk), Err(super::super::Junk("an outbound message")));
        }
    }
}
