//! The services of a document (RFC 0067).

use std::fmt;

use serde_json::Value;

use super::method::list;

/// Characters of an address at most; a longer one is left out.
const LONGEST_URI: usize = 2048;

/// A service that takes DIDComm messages.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Service {
    /// Whether its type is one of DIDComm v2.
    pub v2: bool,
    /// Lower is preferred.
    pub priority: u64,
    pub recipient_keys: Vec<String>,
    pub places: Vec<Place>,
}

/// One address of a service.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub uri: String,
    pub routing_keys: Vec<String>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({} places)", self.places.len())
    }
}

pub(super) fn read_all(document: &Value) -> Vec<Service> {
    list(&document["service"]).filter_map(read).collect()
}

fn read(value: &Value) -> Option<Service> {
    let v2 = list(&value["type"]).find_map(|kind| is_v2(kind.as_str()?))?;
    Some(Service {
        v2,
        priority: value["priority"].as_u64().unwrap_or(0),
        recipient_keys: texts(&value["recipientKeys"]),
        places: list(&value["serviceEndpoint"])
            .filter_map(|place| read_place(place, value))
            .collect(),
    })
}

fn is_v2(kind: &str) -> Option<bool> {
    match kind {
        "did-communication" | "IndyAgent" => Some(false),
        "DIDCommMessaging" | "DIDComm" => Some(true),
        _ => None,
    }
}

/// An address, as text or as an object; its routing keys are in the object, or beside it in the service.
fn read_place(place: &Value, service: &Value) -> Option<Place> {
    let uri = place.as_str().or_else(|| place["uri"].as_str())?;
    let own = texts(&place["routingKeys"]);
    let routing_keys = if own.is_empty() { texts(&service["routingKeys"]) } else { own };
    (uri.len() <= LONGEST_URI).then(|| Place { uri: uri.to_owned(), routing_keys })
}

fn texts(value: &Value) -> Vec<String> {
    list(value).filter_map(Value::as_str).map(str::to_owned).collect()
}
