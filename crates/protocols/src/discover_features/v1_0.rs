//! discover-features 1.0 (RFC 0031): protocols only.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::wire::{self, Message};
use crate::{
    Command, Dialect, Disclosure, Fault, FeatureKind, FeatureQuery, Head, Protocol, Reply, limits,
    reply,
};

/// discover-features 1.0.
#[derive(Debug, Clone, Copy)]
pub struct V1_0;

const PROTOCOL: Protocol = Protocol::new("discover-features", 1, 0);

#[derive(Deserialize)]
struct Query {
    query: String,
}

impl Dialect for V1_0 {
    fn protocol(&self) -> Protocol {
        PROTOCOL
    }

    fn roles(&self) -> &'static [&'static str] {
        &["responder"]
    }

    fn decode(&self, head: &Head, plaintext: &[u8]) -> Result<Command, Fault> {
        match head.kind.name.as_str() {
            "query" => {
                let body: Query = wire::read(plaintext, "`query` is no text")?;
                if body.query.len() > limits::FEATURE_PATTERN {
                    return Err(Fault::TooLarge);
                }
                Ok(Command::Features(vec![FeatureQuery {
                    kind: FeatureKind::Protocol,
                    pattern: body.query,
                }]))
            }
            "disclose" => Ok(Command::Ignored),
            _ => Err(Fault::UnknownType),
        }
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        match reply {
            Reply::Features(features) => {
                let protocols: Vec<Value> = features.iter().filter_map(protocol).collect();
                Message::new(PROTOCOL, "disclose", thread, id)
                    .with("protocols", protocols)
                    .into_bytes()
            }
            other => reply::in_own_protocol(other, thread, id),
        }
    }
}

fn protocol(feature: &Disclosure) -> Option<Value> {
    let is_protocol = feature.kind == FeatureKind::Protocol;
    is_protocol.then(|| match feature.roles {
        [] => json!({ "pid": feature.id.as_ref() }),
        roles => json!({ "pid": feature.id.as_ref(), "roles": roles }),
    })
}
