use serde_json::json;

use super::{V1_0, ask};
use crate::testing::{ID, refused, said, understood};
use crate::{Command, Fault, Reply};

#[test]
fn a_ping_asks_for_a_response_unless_it_says_otherwise() {
    let asks = |body| {
        matches!(
            understood("trust_ping/1.0/ping", body),
            Command::Ping { response_requested: true }
        )
    };
    assert!(asks(json!({})));
    assert!(asks(json!({ "response_requested": null, "comment": "hi" })));
    assert!(asks(json!({ "response_requested": true })));
    assert!(!asks(json!({ "response_requested": false })));
}

#[test]
fn a_pong_is_ignored_and_other_messages_are_unknown() {
    assert!(matches!(understood("trust_ping/1.0/ping_response", json!({})), Command::Ignored));
    assert_eq!(refused("trust_ping/1.0/pong", json!({})).fault, Fault::UnknownType);
    assert!(matches!(
        refused("trust_ping/1.0/ping", json!({ "response_requested": 1 })).fault,
        Fault::Malformed(_)
    ));
}

#[test]
fn a_ping_response_is_threaded() {
    let expected = json!({ "@type": "https://didcomm.org/trust_ping/1.0/ping_response", "@id": ID, "~thread": { "thid": "request-0001" } });
    assert_eq!(said(&V1_0, &Reply::Pong), expected);
}

#[test]
fn a_ping_of_ours_asks_for_a_response_in_its_thread() {
    let said: serde_json::Value = serde_json::from_slice(&ask(ID)).unwrap();
    assert_eq!(
        said,
        json!({ "@type": "https://didcomm.org/trust_ping/1.0/ping", "@id": ID, "response_requested": true })
    );
}
