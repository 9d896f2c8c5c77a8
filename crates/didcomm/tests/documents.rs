//! Documents as peers write them, and as we do.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use didcomm::document::{Document, EndpointKind, ours};
use didcomm::{SecretKey, VerKey, did};
use serde_json::{Value, json};

const RAW: &str = "G1VGGLLsJg6Efgwe3ddSNYJ58ad2hjT7Q9q5YjMVf7ri";
const ROUTING: &str = "4WQt7HTZAmwvYEEuTveWDsdsgC2eDkmkMaErejzY7cce";

fn key(text: &str) -> VerKey {
    VerKey::parse(text).unwrap()
}

fn read(value: &Value) -> Document {
    Document::parse(value).unwrap()
}

fn agreement_base58(of: &str) -> String {
    bs58::encode(key(of).agreement().unwrap()).into_string()
}

#[test]
fn a_legacy_document_is_read() {
    let document = read(&json!({
        "@context": "https://w3id.org/did/v1", "id": "QUmsj7xwB82QAuuzfmvhAi",
        "publicKey": [{"id": "did:sov:QUmsj7xwB82QAuuzfmvhAi#1", "type": "Ed25519VerificationKey2018", "publicKeyBase58": RAW}],
        "authentication": [{"type": "Ed25519SignatureAuthentication2018", "publicKey": "QUmsj7xwB82QAuuzfmvhAi#1"}],
        "service": [{"id": "x;indy", "type": "IndyAgent", "priority": 0, "recipientKeys": [RAW], "routingKeys": [ROUTING],
            "serviceEndpoint": "http://mediator.example"}],
    }));
    let endpoint = &document.endpoints()[0];
    assert_eq!(document.recipients(), [key(RAW)]);
    assert_eq!(
        (endpoint.recipient_keys.as_slice(), endpoint.routing_keys.as_slice()),
        (&[key(RAW)][..], &[key(ROUTING)][..])
    );
    assert_eq!(endpoint.kind(), EndpointKind::Http);
}

#[test]
fn keys_are_read_in_every_format_and_reference() {
    let x = didcomm::base64::encode(key(RAW).as_bytes());
    let methods = [
        json!({"id": "#k", "type": "Ed25519VerificationKey2018", "publicKeyBase58": RAW}),
        json!({"id": "did:example:1#k", "type": "Ed25519VerificationKey2020", "publicKeyMultibase": key(RAW).to_multibase()}),
        json!({"id": "#k", "type": "Multikey", "publicKeyMultibase": key(RAW).to_multibase()}),
        json!({"id": "k", "type": "Ed25519VerificationKey2018", "publicKeyMultibase": format!("z{RAW}")}),
        json!({"id": "#k", "type": "JsonWebKey2020", "publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": x}}),
    ];
    for method in methods {
        for reference in ["#k", "did:example:1#k", "k"] {
            let document = read(
                &json!({"id": "did:example:1", "verificationMethod": [method], "authentication": [reference]}),
            );
            assert_eq!(document.recipients(), [key(RAW)], "{method} {reference}");
        }
        let embedded = read(&json!({"id": "did:example:1", "authentication": [method]}));
        assert_eq!(embedded.recipients(), [key(RAW)], "{method}");
    }
}

#[test]
fn a_reference_into_another_document_names_nothing_here() {
    let document = read(&json!({
        "id": "did:example:1",
        "verificationMethod": [{"id": "#k", "type": "Multikey", "publicKeyMultibase": key(RAW).to_multibase()}],
        "service": [{"id": "#s", "type": "did-communication", "recipientKeys": ["#k"], "routingKeys": ["did:example:2#k"],
            "serviceEndpoint": "http://a.example"}],
    }));
    assert_eq!(document.recipients(), [key(RAW)]);
    assert_eq!(document.endpoints(), [], "nothing can be wrapped for an unknown routing key");
}

#[test]
fn an_agreement_key_stands_for_the_ed25519_key_that_converts_to_it() {
    let document = read(&json!({
        "id": "did:example:1",
        "verificationMethod": [
            {"id": "#1", "type": "Ed25519VerificationKey2018", "publicKeyBase58": ROUTING},
            {"id": "#2", "type": "Ed25519VerificationKey2018", "publicKeyBase58": RAW},
            {"id": "#3", "type": "X25519KeyAgreementKey2019", "publicKeyBase58": agreement_base58(RAW)},
        ],
        "authentication": ["#1"],
        "keyAgreement": ["#3"],
    }));
    assert_eq!(document.recipients(), [key(RAW)]);
    assert_eq!(document.verkeys(), [key(ROUTING), key(RAW)]);
}

#[test]
fn a_service_may_name_an_agreement_key() {
    let document = read(&json!({
        "id": "did:example:1",
        "verificationMethod": [
            {"id": "#1", "type": "Ed25519VerificationKey2018", "publicKeyBase58": RAW},
            {"id": "#2", "type": "X25519KeyAgreementKey2019", "publicKeyBase58": agreement_base58(RAW)},
        ],
        "service": [{"id": "#s", "type": "did-communication", "recipientKeys": ["#2"], "serviceEndpoint": "didcomm:transport/queue"}],
    }));
    assert_eq!(document.recipients(), [key(RAW)]);
    assert_eq!(document.endpoints()[0].kind(), EndpointKind::Queue);
}

#[test]
fn endpoints_come_by_version_then_priority_then_order() {
    let service = |kind: &str, priority: Value, endpoint: Value| json!({"type": kind, "priority": priority, "serviceEndpoint": endpoint});
    let document = read(&json!({"service": [
        service("DIDCommMessaging", json!(0), json!([{"uri": "https://five.example"}, {"uri": "wss://six.example"}])),
        service("did-communication", json!(2), json!("http://four.example")),
        service("IndyAgent", json!(1), json!("WS://two.example")),
        service("did-communication", json!(1), json!({"uri": "did:web:three.example"})),
        service("did-communication", Value::Null, json!("")),
        service("linked-domains", json!(0), json!("https://unused.example")),
        service("DIDComm", json!(1), json!("https://seven.example")),
    ]}));
    let endpoints: Vec<_> = document
        .endpoints()
        .iter()
        .map(|endpoint| (endpoint.uri.clone(), endpoint.kind()))
        .collect();
    let expected = [
        ("", EndpointKind::None),
        ("WS://two.example", EndpointKind::Ws),
        ("did:web:three.example", EndpointKind::Did),
        ("http://four.example", EndpointKind::Http),
        ("https://five.example", EndpointKind::Http),
        ("wss://six.example", EndpointKind::Ws),
        ("https://seven.example", EndpointKind::Http),
    ];
    assert_eq!(endpoints, expected.map(|(uri, kind)| (uri.to_owned(), kind)));
}

#[test]
fn what_is_no_document_is_refused_and_odd_parts_are_left_out() {
    for value in [json!(null), json!([]), json!("did:example:1")] {
        assert!(Document::parse(&value).is_err());
    }
    let odd = read(
        &json!({"id": 1, "verificationMethod": [1, {}, {"id": "#1"}], "authentication": {"a": []}, "service": "x"}),
    );
    assert_eq!((odd.id(), odd.recipients(), odd.endpoints()), ("", vec![], vec![]));
}

#[test]
fn many_keys_and_services_are_read_up_to_a_limit() {
    let services =
        vec![json!({"type": "IndyAgent", "serviceEndpoint": "http://a.example"}); 10_000];
    assert_eq!(read(&json!({"service": services})).endpoints().len(), 64);
}

#[test]
fn our_documents_tell_our_key_and_both_addresses() {
    let us = SecretKey::from_seed([7; 32]).verkey();
    let places = ["https://m.example/", "wss://m.example/ws"];
    let (peer_1, genesis) = ours::peer_1(&us, &places);
    let documents = [
        did::resolve(&ours::peer_4(&us, &places)).unwrap(),
        did::resolve(&ours::peer_2(&us, &places)).unwrap(),
        read(&ours::legacy_document(&us, &places)),
        read(&genesis),
    ];
    for document in &documents {
        let uris: Vec<_> = document.endpoints().into_iter().map(|endpoint| endpoint.uri).collect();
        assert_eq!(
            (document.recipients(), uris.as_slice()),
            (vec![us], &places.map(str::to_owned)[..])
        );
    }
    assert!(did::peer1::is_name(&peer_1));
    assert_eq!(documents[3].id(), peer_1);
    assert!(did::same_party(documents[2].id(), &ours::unqualified_did(&us)));
    assert!(did::is_unqualified(&ours::unqualified_did(&us)));
}

#[test]
fn debug_output_shows_no_key_and_no_address() {
    let us = SecretKey::from_seed([7; 32]).verkey();
    let shown = format!(
        "{:?}",
        read(&ours::legacy_document(&us, &["https://m.example/?token=x"])).endpoints()
    );
    assert!(!shown.contains("token") && !shown.contains(&us.to_string()), "{shown}");
}
