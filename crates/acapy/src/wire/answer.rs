use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{entry, payload};

/// What an agent answers on the way that the message came: an entry of one of [`Names::answers`](super::Names::answers).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The [`Inbound::txn_id`](super::Inbound::txn_id) that is answered.
    pub txn_id: String,
    /// The answer itself.
    pub response_data: AnswerData,
}

/// The answer itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerData {
    /// Its media type. The plug-in writes a hyphen; the relay that it came with looks for an underscore.
    #[serde(
        rename = "content-type",
        alias = "content_type",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub content_type: Option<String>,
    /// The envelope.
    #[serde(with = "payload")]
    pub response: Bytes,
}

entry!(Answer, "a direct response");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_spelling_of_the_media_type_is_read() {
        for name in ["content-type", "content_type"] {
            let text = format!(
                r#"{{"txn_id": "t", "response_data": {{"{name}": "application/json", "response": "e30="}}}}"#
            );
            let answer = Answer::from_bytes(text.as_bytes()).unwrap();
            assert_eq!(answer.response_data.content_type.as_deref(), Some("application/json"));
            assert_eq!(answer.response_data.response, b"{}"[..]);
        }
    }
}
