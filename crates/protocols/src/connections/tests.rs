use didcomm::{SecretKey, VerKey, base64};
use serde_json::{Value, json};

use super::V1_0;
use crate::client::read_response;
use crate::testing::{ID, LEGACY, message, parsed, refused, said, told, understood};
use crate::{
    Command, ConnectRequest, ConnectResponse, Dialect, Fault, Handshake, Problem, Reply, decode,
    limits,
};

const DID: &str = "QUmsj7xwB82QAuuzfmvhAi";
const KEY: &str = "G1VGGLLsJg6Efgwe3ddSNYJ58ad2hjT7Q9q5YjMVf7ri";

fn document(id: &str) -> Value {
    json!({
        "@context": "https://w3id.org/did/v1", "id": id,
        "publicKey": [{ "id": format!("{id}#1"), "type": "Ed25519VerificationKey2018", "controller": id, "publicKeyBase58": KEY }],
        "authentication": [{ "type": "Ed25519SignatureAuthentication2018", "publicKey": format!("{id}#1") }],
        "service": [{ "id": format!("{id};indy"), "type": "IndyAgent", "priority": 0, "recipientKeys": [KEY], "routingKeys": [],
            "serviceEndpoint": "didcomm:transport/queue" }],
    })
}

fn body(did: &str, document: &Value) -> Value {
    json!({ "label": "Wallet", "imageUrl": "https://w.example/i.png", "connection": { "DID": did, "DIDDoc": document } })
}

fn request(body: Value) -> Box<ConnectRequest> {
    match understood("connections/1.0/request", body) {
        Command::Connect(request) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_mix_of_bare_and_qualified_dids_is_one_party() {
    let qualified = format!("did:sov:{DID}");
    for (did, id) in [(DID, DID), (DID, &qualified), (&qualified, DID), (&qualified, &qualified)] {
        let request = request(body(did, &document(id)));
        assert_eq!((request.did.as_str(), request.label.as_str()), (did, "Wallet"));
        assert_eq!(request.handshake, Handshake::Connections);
        assert_eq!(request.document.recipients(), [VerKey::parse(KEY).unwrap()]);
    }
}

#[test]
fn the_old_prefix_is_read_and_today_s_written() {
    let text =
        String::from_utf8(message("connections/1.0/request", body(DID, &document(DID)))).unwrap();
    let inbound = decode(text.replace("https://didcomm.org/", LEGACY).as_bytes()).unwrap();
    let report = parsed(&inbound.dialect.encode(
        &Reply::Problem(Problem::REQUEST_NOT_ACCEPTED),
        Some(&inbound.head),
        ID,
    ));
    assert_eq!(report["@type"], "https://didcomm.org/connections/1.0/problem_report");
}

#[test]
fn a_document_of_another_did_is_not_accepted() {
    let report =
        told("connections/1.0/request", body(DID, &document("did:sov:WgWxqztrNooG92RXvxSTWv")));
    assert_eq!(report["problem-code"], "request_not_accepted");
}

#[test]
fn a_request_that_cannot_be_read_is_reported_as_such() {
    for body in [
        json!({}),
        json!({ "connection": 7 }),
        json!({ "connection": { "DIDDoc": {} } }),
        body(DID, &json!(7)),
    ] {
        assert_eq!(
            told("connections/1.0/request", body.clone())["problem-code"],
            "request_processing_error",
            "{body}"
        );
    }
    let alone = json!({ "connection": { "DID": DID } });
    assert_eq!(told("connections/1.0/request", alone)["problem-code"], "request_not_accepted");
}

#[test]
fn a_huge_request_is_not_read() {
    let mut body = body(DID, &document(DID));
    body["filler"] = json!("x".repeat(limits::HANDSHAKE));
    assert_eq!(refused("connections/1.0/request", body).fault, Fault::TooLarge);
}

#[test]
fn a_label_is_shortened() {
    let mut body = body(DID, &document(DID));
    body["label"] = json!("ü".repeat(10_000));
    assert_eq!(request(body).label.chars().count(), limits::LABEL);
}

fn response(signer: &SecretKey, ours: &Value) -> Value {
    said(
        &V1_0,
        &Reply::Connected(ConnectResponse {
            did: DID,
            document: Some(ours),
            signer,
            now_seconds: 0x0102_0304_0506,
        }),
    )
}

#[test]
fn a_response_is_signed_by_the_key_of_the_invitation() {
    let (signer, ours) =
        (SecretKey::from_seed(*b"mediator-vector-routing-seed-001"), document(DID));
    let said = response(&signer, &ours);
    let read = read_response(said.to_string().as_bytes(), &signer.verkey()).unwrap();
    assert_eq!(
        (read.did.as_str(), read.document.as_ref(), read.thid.as_deref()),
        (DID, Some(&ours), Some("request-0001"))
    );
    assert_eq!(said["connection~sig"]["signer"], "4WQt7HTZAmwvYEEuTveWDsdsgC2eDkmkMaErejzY7cce");
    assert_eq!(read_response(said.to_string().as_bytes(), &VerKey::parse(KEY).unwrap()), None);
}

#[test]
fn the_signed_data_begins_with_eight_bytes_of_seconds_and_is_unpadded() {
    for label in ["a", "ab", "abc"] {
        let mut ours = document(DID);
        ours["x"] = json!(label);
        let said = response(&SecretKey::from_seed([1; 32]), &ours);
        let data = said["connection~sig"]["sig_data"].as_str().unwrap();
        assert!(!data.contains(['=', '+', '/']));
        assert_eq!(base64::decode(data, 1 << 20).unwrap()[..8], [0, 0, 1, 2, 3, 4, 5, 6]);
        assert!(!said["connection~sig"]["signature"].as_str().unwrap().contains('='));
    }
}

#[test]
fn a_signature_over_changed_data_is_refused_by_a_client() {
    let signer = SecretKey::from_seed([1; 32]);
    let mut said = response(&signer, &document(DID));
    let data =
        base64::decode(said["connection~sig"]["sig_data"].as_str().unwrap(), 1 << 20).unwrap();
    let changed = String::from_utf8_lossy(&data[8..]).replace("queue", "quaue");
    said["connection~sig"]["sig_data"] =
        json!(base64::encode(&[&data[..8], changed.as_bytes()].concat()));
    assert_eq!(read_response(said.to_string().as_bytes(), &signer.verkey()), None);
}

#[test]
fn the_invitation_is_named_by_the_parent_thread() {
    let text = message("connections/1.0/request", body(DID, &document(DID)));
    let mut message = parsed(&text);
    message["~thread"] = json!({ "pthid": "invitation-1" });
    let head = decode(message.to_string().as_bytes()).unwrap().head;
    assert_eq!(
        (head.pthid.as_deref(), head.thread()),
        (Some("invitation-1"), Some("request-0001"))
    );
    assert_eq!(V1_0.protocol().uri(), "https://didcomm.org/connections/1.0");
}
