use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{entry, payload};

/// A call of an agent's admin API: the field `call` of an entry of the stream [`Names::admin_calls`](super::Names::admin_calls).
///
/// A deliverer executes it and pushes an [`AdminAnswer`] to `reply_to`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminCall {
    /// Names the call in its answer. Whoever calls chooses it, and chooses it at random.
    pub id: String,
    /// The list that takes the answer: [`Names::admin_answers`](super::Names::admin_answers) of somebody. Answers to other keys are
    /// not given.
    pub reply_to: String,
    /// Nobody waits for the answer after this, in milliseconds since 1970: a call that is not yet begun then is not executed.
    pub deadline: u64,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path and the query, beginning with a slash.
    pub path: String,
    /// The headers to pass on, `x-api-key` and `authorization` among them, in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(with = "payload", default)]
    pub body: Bytes,
    /// What makes two calls one: a second one with the same key is answered as the first was, and not executed. Without it, a
    /// call whose outcome was lost is answered with 502 and not repeated, unless it is a `GET`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// What the admin API answered, or a deliverer in its place.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminAnswer {
    /// The call's id.
    pub id: String,
    /// The HTTP status; 502 or 504 where the API gave none.
    pub status: u16,
    /// The API's headers, in lower case; only `content-type` is of interest.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(with = "payload", default)]
    pub body: Bytes,
}

entry!(AdminCall, "an admin call");
entry!(AdminAnswer, "an answer of the admin API");

impl std::fmt::Debug for AdminCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AdminCall({} {:?}, {} bytes)", self.method, self.id, self.body.len())
    }
}

impl std::fmt::Debug for AdminAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AdminAnswer({:?}, {}, {} bytes)", self.id, self.status, self.body.len())
    }
}
