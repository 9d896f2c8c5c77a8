//! Wrapping for agents that are themselves behind mediators (RFC 0094).

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use serde_json::json;
use serde_json::value::RawValue;
use store::Mail;

use crate::ids::{random_u64, uuid_shaped};

/// Wraps mail once for each routing key, the one nearest to the recipient first.
pub(super) fn wrap(mail: &Mail, recipient: VerKey, routing_keys: &[VerKey]) -> Bytes {
    let mut to = match &mail.destination {
        Destination::Key(key) => *key,
        _ => recipient,
    };
    let mut envelope = mail.envelope.clone();
    for key in routing_keys {
        match forward(&envelope, to).and_then(|words| didcomm::seal_anon(&words, &[*key]).ok()) {
            Some(sealed) => envelope = sealed.into_bytes(),
            // A routing key that nothing can be sealed for: the endpoint will say what it thinks of the bare envelope.
            None => return mail.envelope.clone(),
        }
        to = *key;
    }
    envelope
}

fn forward(envelope: &[u8], to: VerKey) -> Option<Vec<u8>> {
    let msg: &RawValue = serde_json::from_slice(envelope).ok()?;
    let id = uuid_shaped(&random_u64().to_be_bytes());
    let head = json!({"@type": "https://didcomm.org/routing/1.0/forward", "@id": id, "to": to.to_string()});
    // The envelope goes in as it stands.
    let head = head.to_string();
    Some(format!("{},\"msg\":{}}}", head.strip_suffix('}')?, msg.get()).into_bytes())
}
