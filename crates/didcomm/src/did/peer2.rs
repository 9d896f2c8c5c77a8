//! did:peer:2: keys and services in a row (peer-did-method-spec, method 2), and its short name did:peer:3.

use serde_json::{Map, Value, json};

use super::peer4::hash_of;
use super::{DidError, LONGEST_DID};
use crate::base64;

const PREFIX: &str = "did:peer:2";
/// Elements of one DID at most.
const MOST: usize = 64;

/// The did:peer:3 that names a did:peer:2.
///
/// # Errors
/// [`DidError::Malformed`] for anything but a did:peer:2.
pub fn short_form(did: &str) -> Result<String, DidError> {
    let rest =
        did.strip_prefix(PREFIX).filter(|rest| rest.starts_with('.')).ok_or(DidError::Malformed)?;
    if did.len() > LONGEST_DID {
        Err(DidError::TooLong)
    } else {
        Ok(format!("did:peer:3{}", hash_of(rest)))
    }
}

/// The document that a did:peer:2 spells.
pub(super) fn document(did: &str) -> Result<Value, DidError> {
    let mut draft = Draft::default();
    let rest = did.strip_prefix(PREFIX).ok_or(DidError::Malformed)?;
    let elements = rest.strip_prefix('.').ok_or(DidError::Malformed)?.split('.');
    for (at, element) in elements.enumerate() {
        let (purpose, value) = element.split_at_checked(1).ok_or(DidError::Malformed)?;
        if at == MOST {
            return Err(DidError::TooLong);
        }
        draft.add(did, purpose, value)?;
    }
    Ok(draft.finish(did, &short_form(did)?))
}

#[derive(Default)]
struct Draft {
    methods: Vec<Value>,
    relations: Map<String, Value>,
    services: Vec<Value>,
}

impl Draft {
    fn add(&mut self, did: &str, purpose: &str, value: &str) -> Result<(), DidError> {
        let relation = match purpose {
            "A" => "assertionMethod",
            "E" => "keyAgreement",
            "V" => "authentication",
            "I" => "capabilityInvocation",
            "D" => "capabilityDelegation",
            "S" => return self.add_services(value),
            _ => return Err(DidError::Malformed),
        };
        let id = format!("#key-{}", self.methods.len() + 1);
        self.methods.push(
            json!({ "id": id, "type": "Multikey", "controller": did, "publicKeyMultibase": value }),
        );
        if let Value::Array(keys) = self.relations.entry(relation).or_insert_with(|| json!([])) {
            keys.push(id.into());
        }
        Ok(())
    }

    /// One service per element by the specification; an old iteration has an array in one element.
    fn add_services(&mut self, value: &str) -> Result<(), DidError> {
        let bytes = base64::decode(value, LONGEST_DID).map_err(|_| DidError::Malformed)?;
        match serde_json::from_slice(&bytes).map_err(|_| DidError::Document)? {
            Value::Array(services) => {
                services.into_iter().take(MOST).for_each(|service| self.add_service(service))
            }
            service => self.add_service(service),
        }
        Ok(())
    }

    fn add_service(&mut self, service: Value) {
        let mut service = expand(service);
        if let Value::Object(members) = &mut service {
            let number = self.services.len();
            let id = if number == 0 { "#service".to_owned() } else { format!("#service-{number}") };
            members.entry("id").or_insert(id.into());
            self.services.push(service);
        }
    }

    fn finish(self, did: &str, short: &str) -> Value {
        let mut document = self.relations;
        document.insert("@context".into(), json!(CONTEXT));
        document.insert("id".into(), did.into());
        document.insert("alsoKnownAs".into(), json!([short]));
        document.insert("verificationMethod".into(), self.methods.into());
        if !self.services.is_empty() {
            document.insert("service".into(), self.services.into());
        }
        document.into()
    }
}

const CONTEXT: [&str; 2] =
    ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"];

/// Spells out the abbreviated member names, at every depth, and the abbreviated value of `type`. The depth is bounded by the
/// JSON parser.
fn expand(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().map(expand_member).collect::<Map<_, _>>().into()
        }
        Value::Array(entries) => entries.into_iter().map(expand).collect(),
        other => other,
    }
}

fn expand_member((name, value): (String, Value)) -> (String, Value) {
    match name.as_str() {
        "t" | "type" if value == "dm" => ("type".to_owned(), "DIDCommMessaging".into()),
        "t" => ("type".to_owned(), value),
        "s" => ("serviceEndpoint".to_owned(), expand(value)),
        "r" => ("routingKeys".to_owned(), expand(value)),
        "a" => ("accept".to_owned(), expand(value)),
        _ => (name, expand(value)),
    }
}
