//! discover-features 2.0 (RFC 0557) over DIDComm v1.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::wire::{self, Message};
use crate::{
    Command, Dialect, Disclosure, Fault, FeatureKind, FeatureQuery, Head, Protocol, Reply, limits,
    reply,
};

/// discover-features 2.0.
#[derive(Debug, Clone, Copy)]
pub struct V2_0;

const PROTOCOL: Protocol = Protocol::new("discover-features", 2, 0);

#[derive(Deserialize)]
struct Queries {
    queries: Vec<Query>,
}

#[derive(Deserialize)]
struct Query {
    #[serde(rename = "feature-type")]
    kind: String,
    #[serde(rename = "match", default)]
    pattern: Option<String>,
}

impl Dialect for V2_0 {
    fn protocol(&self) -> Protocol {
        PROTOCOL
    }

    fn roles(&self) -> &'static [&'static str] {
        &["responder"]
    }

    fn decode(&self, head: &Head, plaintext: &[u8]) -> Result<Command, Fault> {
        match head.kind.name.as_str() {
            "queries" | "query" => {
                let body: Queries = wire::read(plaintext, "`queries` is no list of queries")?;
                let small = |query: &Query| {
                    query.pattern.as_ref().is_none_or(|text| text.len() <= limits::FEATURE_PATTERN)
                };
                if body.queries.len() > limits::FEATURE_QUERIES || !body.queries.iter().all(small) {
                    return Err(Fault::TooLarge);
                }
                Ok(Command::Features(body.queries.into_iter().map(Query::into_command).collect()))
            }
            "disclosures" | "disclose" => Ok(Command::Ignored),
            _ => Err(Fault::UnknownType),
        }
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        match reply {
            Reply::Features(features) => {
                let disclosures: Vec<Value> = features.iter().filter_map(disclosure).collect();
                Message::new(PROTOCOL, "disclosures", thread, id)
                    .with("disclosures", disclosures)
                    .into_bytes()
            }
            other => reply::in_own_protocol(other, thread, id),
        }
    }
}

impl Query {
    /// A query without `match` asks for all features of its type.
    fn into_command(self) -> FeatureQuery {
        let kind = match self.kind.as_str() {
            "protocol" => FeatureKind::Protocol,
            "aip" => FeatureKind::Aip,
            _ => FeatureKind::Other,
        };
        FeatureQuery { kind, pattern: self.pattern.unwrap_or_else(|| "*".into()) }
    }
}

fn disclosure(feature: &Disclosure) -> Option<Value> {
    let kind = match feature.kind {
        FeatureKind::Protocol => "protocol",
        FeatureKind::Aip => "aip",
        FeatureKind::Other => return None,
    };
    Some(match feature.roles {
        [] => json!({ "feature-type": kind, "id": feature.id.as_ref() }),
        roles => json!({ "feature-type": kind, "id": feature.id.as_ref(), "roles": roles }),
    })
}
