use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{entry, payload};

/// A webhook of an agent that waits for controllers: the field `webhook` of an entry of the stream
/// [`Names::webhooks`](super::Names::webhooks), which controllers read as a consumer group.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// ACA-Py's topic, such as `connections`.
    pub topic: String,
    /// The JSON that the agent posted, as it came.
    #[serde(with = "payload")]
    pub payload: Bytes,
    /// Those of its headers that say something: `content-type`, `x-wallet-id`, `x-api-key`. They may hold API keys.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

entry!(Webhook, "a webhook");

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Webhook({:?}, {} bytes)", self.topic, self.payload.len())
    }
}
