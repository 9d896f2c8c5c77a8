//! Writing mail. These are the longest messages that a mediator makes, so they are written straight into one text.

use didcomm::base64;
use serde_json::value::RawValue;

use crate::reply::Attached;
use crate::wire::quoted;
use crate::{Head, Protocol};

/// A `delivery`: each envelope as unpadded base64url. `filter` is the member that names the filter, and its value.
pub(super) fn delivery(
    protocol: Protocol,
    items: &[Attached],
    filter: Option<(&str, &str)>,
    thread: Option<&Head>,
    id: &str,
) -> Vec<u8> {
    let mut text = opening(protocol, "delivery", items, thread, id);
    if let Some((name, value)) = filter {
        text.extend([",\"", name, "\":", &quoted(value)]);
    }
    text.push_str(",\"~attach\":[");
    for (index, item) in items.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        text.extend(["{\"@id\":", &quoted(&item.id), ",\"data\":{\"base64\":\""]);
        base64::encode_into(&item.envelope, &mut text);
        text.push_str("\"}}");
    }
    text.push_str("]}");
    text.into_bytes()
}

/// A `batch` or `list-response` of RFC 0212. The RFC names the id `@id`, Credo reads `id`: both are written. The envelope is
/// an object, as Credo reads it.
pub(super) fn batch(
    protocol: Protocol,
    name: &str,
    items: &[Attached],
    thread: Option<&Head>,
    id: &str,
) -> Vec<u8> {
    let mut text = opening(protocol, name, items, thread, id);
    text.push_str(",\"messages~attach\":[");
    for (index, item) in items.iter().enumerate() {
        let id = quoted(&item.id);
        text.push_str(if index == 0 { "" } else { "," });
        text.extend([
            "{\"@id\":",
            &id,
            ",\"id\":",
            &id,
            ",\"message\":",
            &embedded(&item.envelope),
            "}",
        ]);
    }
    text.push_str("]}");
    text.into_bytes()
}

fn opening(
    protocol: Protocol,
    name: &str,
    items: &[Attached],
    thread: Option<&Head>,
    id: &str,
) -> String {
    let mut text =
        String::with_capacity(512 + items.iter().map(Attached::encoded_len).sum::<usize>());
    text.extend(["{\"@type\":", &quoted(&protocol.message(name)), ",\"@id\":", &quoted(id)]);
    if let Some(thid) = thread.and_then(Head::thread) {
        text.extend([",\"~thread\":{\"thid\":", &quoted(thid), "}"]);
    }
    text
}

/// The envelope as a JSON value; one that is no JSON, which no forward can bring, as a string, so that it spoils no neighbour.
fn embedded(envelope: &[u8]) -> String {
    match serde_json::from_slice::<&RawValue>(envelope) {
        Ok(value) => value.get().to_owned(),
        Err(_) => quoted(&String::from_utf8_lossy(envelope)),
    }
}
