//! Nothing that a peer sends makes a decoder panic, and what is refused is answered with a well-formed report.

use proptest::prelude::*;
use protocols::out_of_band::ReceivedInvitation;
use protocols::{Command, DIALECTS, client, decode};
use serde_json::{Value, json};

const ID: &str = "6fa2c1f0-8a3e-4c58-9d5e-0a4c3a1d7b11";

/// Names of messages in all protocols, and a few that none has.
const NAMES: [&str; 24] = [
    "forward",
    "status-request",
    "delivery-request",
    "messages-received",
    "live-delivery-change",
    "batch-pickup",
    "list-pickup",
    "noop",
    "mediate-request",
    "keylist-update",
    "keylist-query",
    "request",
    "complete",
    "response",
    "handshake-reuse",
    "ping",
    "query",
    "queries",
    "message",
    "ack",
    "problem-report",
    "problem_report",
    "unheard-of",
    "",
];

/// Members that some message gives a meaning to.
const MEMBERS: [&str; 28] = [
    "@id",
    "~thread",
    "~transport",
    "to",
    "msg",
    "limit",
    "message_count_limit",
    "batch_size",
    "recipient_key",
    "recipient_did",
    "message_id_list",
    "message_ids",
    "live_delivery",
    "updates",
    "paginate",
    "did",
    "did_doc~attach",
    "label",
    "connection",
    "response_requested",
    "query",
    "queries",
    "description",
    "problem-code",
    "explain",
    "status",
    "comment",
    "content",
];

/// Texts that come close to something.
const TEXTS: [&str; 10] = [
    "FJn2hDGYdgvpii9LyH7NfxRs4wSqkrw1axMS68KSmtdz",
    "did:key:z6MkuTkJrabJeDahnBnLjCbHDdr4x9tt7chU6Ak1P1KWaLe6",
    "did:peer:4zQm:z",
    "did:peer:2.",
    "did:sov:",
    "QUmsj7xwB82QAuuzfmvhAi",
    "{}",
    "add",
    "*",
    "eyJhIjoxfQ==",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,40}".prop_map(Value::from),
        prop::sample::select(&TEXTS[..]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let names = prop_oneof![
            prop::sample::select(&MEMBERS[..]).prop_map(str::to_owned),
            prop::sample::select(
                &[
                    "thid",
                    "pthid",
                    "return_route",
                    "data",
                    "base64",
                    "jws",
                    "DID",
                    "DIDDoc",
                    "id",
                    "action"
                ][..]
            )
            .prop_map(str::to_owned),
            "[a-z~@]{1,8}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..6).prop_map(|members| json!(members)),
        ]
    })
}

fn any_message() -> impl Strategy<Value = Value> {
    let prefix = prop::sample::select(
        &["https://didcomm.org/", "did:sov:BzCbsNYhMrjHiqZDTUASHg;spec/", "https://x.example/"][..],
    );
    let protocol = prop::sample::select(
        DIALECTS.iter().map(|dialect| dialect.protocol().to_string()).collect::<Vec<_>>(),
    );
    let name = prop::sample::select(&NAMES[..]);
    let members = prop::collection::btree_map(prop::sample::select(&MEMBERS[..]), any_json(), 0..8);
    (prefix, protocol, name, members).prop_map(|(prefix, protocol, name, members)| {
        let mut message = json!(members);
        message["@type"] = json!(format!("{prefix}{protocol}/{name}"));
        message
    })
}

fn check(plaintext: &[u8]) -> Result<(), TestCaseError> {
    match decode(plaintext) {
        Ok(inbound) => {
            if let Command::Forward(forward) = &inbound.command {
                prop_assert!(
                    serde_json::from_slice::<Value>(&forward.envelope)
                        .is_ok_and(|value| value.is_object())
                );
            }
        }
        Err(error) => {
            if let Some(answer) = error.answer(ID) {
                let answer: Value =
                    serde_json::from_slice(&answer).map_err(|_| TestCaseError::fail("no JSON"))?;
                prop_assert!(answer["description"]["code"].is_string());
                prop_assert!(
                    decode(answer.to_string().as_bytes())
                        .is_ok_and(|own| matches!(own.command, Command::ProblemReport(_)))
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn junk_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&bytes)?;
    }

    #[test]
    fn any_body_under_any_type_never_panics(message in any_message()) {
        check(message.to_string().as_bytes())?;
    }

    #[test]
    fn damaged_messages_never_panic(message in any_message(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = message.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check(&bytes)?;
        check(&bytes[..at])?;
    }

    #[test]
    fn readers_of_the_client_never_panic(message in any_message(), junk in prop::collection::vec(any::<u8>(), 0..100)) {
        let key = didcomm::SecretKey::from_seed([1; 32]).verkey();
        for bytes in [message.to_string().into_bytes(), junk] {
            let _ = (client::read_grant(&bytes), client::read_keylist(&bytes), client::read_keylist_updated(&bytes));
            let _ = (client::read_status(&bytes), client::read_delivery(&bytes), client::read_batch(&bytes));
            let _ = (client::read_response(&bytes, &key), client::problem_code(&bytes));
        }
    }

    #[test]
    fn no_link_makes_the_invitation_reader_panic(text in "\\PC{0,60}", value in "[-_A-Za-z0-9+/=%]{0,80}") {
        let _ = ReceivedInvitation::read(&text);
        let _ = ReceivedInvitation::read(&format!("https://m.example/?oob={value}"));
        let _ = ReceivedInvitation::read(&format!("{{\"@type\":\"https://didcomm.org/out-of-band/1.1/invitation\",{text}}}"));
    }
}
