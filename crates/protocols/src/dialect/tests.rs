use std::collections::BTreeSet;

use bytes::Bytes;
use didcomm::{Destination, SecretKey};
use serde_json::json;

use super::*;
use crate::testing::{ID, LEGACY, RAW_KEY, message, parsed, refused, told, understood};
use crate::{Attached, ConnectResponse, PickupStatus, Problem};

fn minor_of(kind: &str) -> (u16, u16) {
    let protocol = decode(&message(kind, json!({ "did": "x" }))).unwrap().dialect.protocol();
    (protocol.major, protocol.minor)
}

#[test]
fn the_lower_of_two_minor_versions_answers() {
    assert_eq!(minor_of("didexchange/1.0/complete"), (1, 0));
    assert_eq!(minor_of("didexchange/1.1/complete"), (1, 1));
    assert_eq!(minor_of("didexchange/1.7/complete"), (1, 1));
    assert_eq!(minor_of("messagepickup/1.3/noop"), (1, 0));
}

#[test]
fn another_major_version_is_unknown() {
    for kind in
        ["didexchange/2.0/complete", "trust_ping/0.9/ping", "messagepickup/3.0/status-request"]
    {
        assert_eq!(refused(kind, json!({})).fault, Fault::UnknownType, "{kind}");
    }
}

#[test]
fn the_old_prefix_means_the_same() {
    let old = format!(r#"{{"@type":"{LEGACY}trust_ping/1.0/ping","@id":"request-0001"}}"#);
    assert!(matches!(decode(old.as_bytes()).unwrap().command, Command::Ping { .. }));
}

#[test]
fn an_unknown_type_is_reported_in_its_thread() {
    let report = told("issue-credential/2.0/offer-credential", json!({}));
    assert_eq!(report["@type"], "https://didcomm.org/notification/1.0/problem-report");
    assert_eq!(report["description"]["code"], "message-parse-failure");
    assert_eq!(report["~thread"], json!({ "thid": "request-0001", "pthid": "request-0001" }));
}

#[test]
fn a_message_without_type_is_reported_too() {
    let error = decode(br#"{"@id":"request-0001"}"#).unwrap_err();
    assert_eq!(parsed(&error.answer(ID).unwrap())["~thread"]["thid"], "request-0001");
}

#[test]
fn what_is_no_message_is_not_answered() {
    for junk in [&b"junk"[..], b"[]", b"\xff\xfe", b""] {
        assert_eq!(decode(junk).unwrap_err().answer(ID), None);
    }
}

#[test]
fn problem_reports_and_acks_of_every_protocol_are_understood_and_never_answered() {
    for protocol in [
        "connection/1.0",
        "connections/1.0",
        "didexchange/1.1",
        "revocation/2.0",
        "out-of-band/1.1",
    ] {
        for name in ["problem-report", "problem_report"] {
            let kind = format!("{protocol}/{name}");
            assert!(
                matches!(
                    understood(&kind, json!({ "description": [7] })),
                    Command::ProblemReport(_)
                ),
                "{kind}"
            );
        }
        assert!(matches!(
            understood(&format!("{protocol}/ack"), json!({ "status": 7 })),
            Command::Ack
        ));
    }
}

#[test]
fn a_forward_that_was_not_understood_is_not_answered() {
    assert_eq!(refused("routing/1.0/forward", json!({})).answer(ID), None);
    assert_eq!(refused("routing/1.0/backward", json!({})).answer(ID), None);
}

#[test]
fn no_two_dialects_are_the_same_version() {
    let uris: BTreeSet<String> = DIALECTS.iter().map(|dialect| dialect.protocol().uri()).collect();
    assert_eq!(uris.len(), DIALECTS.len());
}

#[test]
fn lower_minor_versions_stand_first() {
    for (index, dialect) in DIALECTS.iter().enumerate() {
        let Protocol { name, major, minor } = dialect.protocol();
        let later = DIALECTS[index..].iter().map(|later| later.protocol());
        assert!(
            later
                .filter(|later| later.name == name && later.major == major)
                .all(|later| later.minor >= minor)
        );
    }
}

fn every_reply(signer: &SecretKey) -> Vec<Reply<'_>> {
    let items = || vec![Attached { id: "entry-0001".into(), envelope: Bytes::from_static(b"{}") }];
    vec![
        Reply::Connected(ConnectResponse {
            did: "did:peer:4x",
            document: None,
            signer,
            now_seconds: 1,
        }),
        Reply::ReuseAccepted,
        Reply::Grant { endpoint: "https://m.example".into(), routing_keys: vec![signer.verkey()] },
        Reply::Deny,
        Reply::KeylistUpdated(vec![]),
        Reply::Keylist { keys: vec![Destination::parse(RAW_KEY).unwrap()], page: None },
        Reply::Status(PickupStatus::default()),
        Reply::NothingWaiting(PickupStatus::default()),
        Reply::Delivery { items: items(), key: None },
        Reply::Batch(items()),
        Reply::Listed(items()),
        Reply::Pong,
        Reply::Features(vec![]),
        Reply::Ack,
        Reply::Problem(Problem::MESSAGE_PARSE_FAILURE),
    ]
}

#[test]
fn every_dialect_has_words_for_every_reply_in_the_thread_of_the_request() {
    let signer = SecretKey::from_seed([7; 32]);
    for dialect in DIALECTS {
        for reply in every_reply(&signer) {
            let said = crate::testing::said(*dialect, &reply);
            assert!(
                said["@type"].as_str().unwrap().starts_with("https://didcomm.org/"),
                "{dialect:?} {reply:?}"
            );
            assert_eq!(said["@id"], ID);
            assert_eq!(said["~thread"]["thid"], "request-0001", "{dialect:?} {reply:?}");
        }
    }
}

#[test]
fn a_reply_to_a_message_without_any_id_has_no_thread() {
    let head = Head::read(br#"{"@type":"https://didcomm.org/trust_ping/1.0/ping"}"#).unwrap();
    let said = parsed(&trust_ping::V1_0.encode(&Reply::Pong, Some(&head), ID));
    assert_eq!(said.get("~thread"), None);
}
