use didcomm::{SecretKey, VerKey, attach, did};
use serde_json::{Value, json};

use super::{V1_0, V1_1};
use crate::client::{self, read_response};
use crate::testing::{ID, parsed, refused, said, told, understood};
use crate::{
    Command, ConnectRequest, ConnectResponse, Dialect, Fault, Handshake, Head, Reply, decode,
    limits,
};

const PEER_4: &str = "did:peer:4zQmZsLbwfdaKL8i2g8pH2tYBKKQKdx5G5k58uKbK4zDQkhf:z6sgemT8jH9ugvcCHPP7FeexMnhjsTsqo2T51fT67nWSfQGnMRrMskLE6gkTsDM8GyLRd8pX5V3saZ1MatN9REcdyr2CzfgGyZe5kt1EQEwDLgu37jA2GBU9eRgSCv63Sb6cKPyKXXWPPU8jmxLy2CDdDPSrhjFeP9gM4ykF3qUic8aF1r8zr4EhPp7Zaaxx9zhVay7BPboLxXLPMwNiWZfhxomAcujNfUoh1a9cdt68z9C3ikckiwQm6vwrKyit6euEoKBguTF4BVtZVoMh43Whoau2wn5yP4oD48gaCF5d5Re4EmhSumgzPEsEKrrEvWWb3He3ZDDkpPHmohTKB3FcZz3W7vfNtTjWXE9u8ZJsxPymn5X21rLNpFkpfiyKMbPt6WE4h15BU6JUyTMJDSCwqTp3dABD7jUYcae9euVNqj2CWa2zrasfzEBrhNb7wVnApPnJ9AR5sXdknysarSbeNhf24Qf7khxa86GNMarCCqvSzdANZHotAdMXLoejh63txdMbixkyLPCL1SUdQp";
const PEER_4_KEY: &str = "did:key:z6MkuTkJrabJeDahnBnLjCbHDdr4x9tt7chU6Ak1P1KWaLe6";
const BARE: &str = "QUmsj7xwB82QAuuzfmvhAi";

fn owner() -> SecretKey {
    SecretKey::from_seed(*b"mediator-vector-recip--seed-0001")
}

fn document(id: &str) -> Value {
    let key = owner().verkey().to_string();
    json!({
        "@context": ["https://w3id.org/did/v1"], "id": id,
        "publicKey": [{ "id": "#1", "type": "Ed25519VerificationKey2018", "controller": id, "publicKeyBase58": key }],
        "authentication": ["#1"],
        "service": [{ "id": "#0", "type": "did-communication", "priority": 0, "recipientKeys": ["#1"], "routingKeys": [],
            "serviceEndpoint": "http://acapy.example:8000" }],
    })
}

fn signed(document: &Value, signer: &SecretKey) -> Value {
    json!({ "@id": "attachment", "mime-type": "application/json", "data": attach::sign(document.to_string().as_bytes(), signer) })
}

fn request(version: &str, body: Value) -> Box<ConnectRequest> {
    match understood(&format!("didexchange/{version}/request"), body) {
        Command::Connect(request) => request,
        other => panic!("{other:?}"),
    }
}

fn code(body: Value) -> String {
    told("didexchange/1.1/request", body)["problem-code"].as_str().unwrap().to_owned()
}

#[test]
fn a_did_that_resolves_itself_needs_no_attachment() {
    for (version, handshake) in
        [("1.0", Handshake::DidExchange10), ("1.1", Handshake::DidExchange11)]
    {
        let request = request(version, json!({ "did": PEER_4, "label": "Wallet", "goal": "x" }));
        assert_eq!(
            (request.handshake, request.label.as_str(), request.did.as_str()),
            (handshake, "Wallet", PEER_4)
        );
        assert_eq!(request.document.recipients(), [VerKey::parse(PEER_4_KEY).unwrap()]);
    }
}

#[test]
fn an_attachment_does_not_replace_a_did_that_resolves_itself() {
    let foreign = signed(&document(PEER_4), &owner());
    let request = request("1.1", json!({ "did": PEER_4, "did_doc~attach": foreign }));
    assert_eq!(request.document.recipients(), [VerKey::parse(PEER_4_KEY).unwrap()]);
    assert_eq!(request.signers, []);
}

#[test]
fn an_attached_document_is_taken_when_one_of_its_keys_signed_it() {
    for (did, id) in [
        (BARE, "did:sov:QUmsj7xwB82QAuuzfmvhAi"),
        (BARE, BARE),
        ("did:peer:1zQmExample", "did:peer:1zQmExample"),
    ] {
        let body =
            json!({ "did": did, "label": "", "did_doc~attach": signed(&document(id), &owner()) });
        let request = request("1.0", body);
        assert_eq!(request.signers, [owner().verkey()]);
        assert_eq!(request.document.recipients(), [owner().verkey()]);
    }
}

#[test]
fn a_document_in_padded_standard_base64_is_taken_as_credo_sends_it() {
    for filler in ["~~~", "~~~?", "~~~??"] {
        let mut document = document(BARE);
        document["x"] = json!(filler);
        let mut attachment = signed(&document, &owner());
        let text =
            attachment["data"]["base64"].as_str().unwrap().replace('-', "+").replace('_', "/");
        attachment["data"]["base64"] =
            json!(format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4)));
        assert_eq!(
            request("1.1", json!({ "did": BARE, "did_doc~attach": attachment })).signers,
            [owner().verkey()]
        );
    }
}

#[test]
fn an_attachment_in_a_list_is_taken() {
    let body = json!({ "did": BARE, "did_doc~attach": [signed(&document(BARE), &owner())] });
    assert_eq!(request("1.0", body).signers, [owner().verkey()]);
}

#[test]
fn a_genesis_document_without_id_is_taken() {
    let mut genesis = document("did:peer:1zQmExample");
    genesis.as_object_mut().unwrap().remove("id");
    let body =
        json!({ "did": "did:peer:1zQmExample", "did_doc~attach": signed(&genesis, &owner()) });
    assert_eq!(request("1.1", body).signers, [owner().verkey()]);
}

#[test]
fn a_document_signed_by_a_stranger_is_not_accepted() {
    let stranger = SecretKey::from_seed([9; 32]);
    assert_eq!(
        code(json!({ "did": BARE, "did_doc~attach": signed(&document(BARE), &stranger) })),
        "request_not_accepted"
    );
}

#[test]
fn a_document_that_was_changed_after_signing_is_not_accepted() {
    let mut attachment = signed(&document(BARE), &owner());
    attachment["data"]["base64"] =
        signed(&document("did:sov:QUmsj7xwB82QAuuzfmvhAi"), &owner())["data"]["base64"].clone();
    assert_eq!(code(json!({ "did": BARE, "did_doc~attach": attachment })), "request_not_accepted");
}

#[test]
fn a_document_without_signature_or_of_another_did_is_not_accepted() {
    let mut unsigned = signed(&document(BARE), &owner());
    unsigned["data"].as_object_mut().unwrap().remove("jws");
    assert_eq!(code(json!({ "did": BARE, "did_doc~attach": unsigned })), "request_not_accepted");
    let other = signed(&document("did:sov:WgWxqztrNooG92RXvxSTWv"), &owner());
    assert_eq!(code(json!({ "did": BARE, "did_doc~attach": other })), "request_not_accepted");
}

#[test]
fn dids_that_cannot_be_resolved_here_are_not_accepted() {
    for did in [
        BARE,
        "did:web:wallet.example",
        "did:peer:1zQmExample",
        "did:peer:4zQmShortFormOnly",
        "",
        "junk",
    ] {
        assert_eq!(code(json!({ "did": did })), "request_not_accepted", "{did}");
    }
    assert_eq!(
        code(json!({ "did": PEER_4.replace("T9j", "TTj").replace("sgemT8", "sgemT9") })),
        "request_not_accepted"
    );
}

#[test]
fn a_request_without_did_cannot_be_processed_and_a_huge_one_is_not_read() {
    assert_eq!(code(json!({ "label": "Wallet" })), "request_processing_error");
    let huge = json!({ "did": PEER_4, "filler": "x".repeat(limits::HANDSHAKE) });
    assert_eq!(refused("didexchange/1.1/request", huge).fault, Fault::TooLarge);
}

fn request_head(version: &str) -> Head {
    let request = client::did_exchange_request("request-0001", "invitation-1", "Wallet", PEER_4);
    let text = String::from_utf8(request)
        .unwrap()
        .replace("didexchange/1.1", &format!("didexchange/{version}"));
    decode(text.as_bytes()).unwrap().head
}

#[test]
fn a_response_without_document_carries_the_signed_did_in_both_versions() {
    let signer = SecretKey::from_seed([1; 32]);
    for (dialect, version) in [(&V1_0 as &dyn Dialect, "1.0"), (&V1_1, "1.1")] {
        let reply = Reply::Connected(ConnectResponse {
            did: PEER_4,
            document: None,
            signer: &signer,
            now_seconds: 1,
        });
        let plaintext = dialect.encode(&reply, Some(&request_head(version)), ID);
        let said = parsed(&plaintext);
        assert_eq!(said["@type"], format!("https://didcomm.org/didexchange/{version}/response"));
        assert_eq!(said["~thread"], json!({ "thid": "request-0001", "pthid": "invitation-1" }));
        assert_eq!((&said["did"], said.get("did_doc~attach")), (&json!(PEER_4), None));
        let (payload, signers) = attach::verify(&said["did_rotate~attach"]["data"]).unwrap();
        assert_eq!((payload.as_slice(), signers), (PEER_4.as_bytes(), vec![signer.verkey()]));
        assert_eq!(read_response(&plaintext, &signer.verkey()).unwrap().did, PEER_4);
    }
}

#[test]
fn a_response_with_a_document_carries_it_signed_and_nothing_else() {
    let (signer, ours) = (SecretKey::from_seed([1; 32]), document(BARE));
    let reply = Reply::Connected(ConnectResponse {
        did: BARE,
        document: Some(&ours),
        signer: &signer,
        now_seconds: 1,
    });
    let said = said(&V1_0, &reply);
    assert_eq!((&said["did"], said.get("did_rotate~attach")), (&json!(BARE), None));
    let read = read_response(said.to_string().as_bytes(), &signer.verkey()).unwrap();
    assert_eq!((read.did.as_str(), read.document), (BARE, Some(ours)));
    assert_eq!(read_response(said.to_string().as_bytes(), &owner().verkey()), None);
}

#[test]
fn what_peers_verify_with_is_in_the_signature() {
    let signer = SecretKey::from_seed([1; 32]);
    let reply = Reply::Connected(ConnectResponse {
        did: PEER_4,
        document: None,
        signer: &signer,
        now_seconds: 1,
    });
    let jws = &said(&V1_1, &reply)["did_rotate~attach"]["data"]["jws"];
    assert_eq!(jws["header"]["kid"], signer.verkey().to_did_key());
    let protected = didcomm::base64::decode(jws["protected"].as_str().unwrap(), 1 << 12).unwrap();
    let protected = parsed(&protected);
    assert_eq!(
        (&protected["alg"], &protected["jwk"]["kty"], &protected["jwk"]["crv"]),
        (&json!("EdDSA"), &json!("OKP"), &json!("Ed25519"))
    );
}

#[test]
fn complete_is_understood_with_and_without_its_threads() {
    let complete = client::did_exchange_complete("complete-01", "request-0001", "invitation-1");
    let inbound = decode(&complete).unwrap();
    assert!(matches!(inbound.command, Command::Complete));
    assert_eq!(
        (inbound.head.thread(), inbound.head.pthid.as_deref()),
        (Some("request-0001"), Some("invitation-1"))
    );
    assert!(matches!(understood("didexchange/1.0/complete", json!({})), Command::Complete));
    assert!(did::same_party(PEER_4, PEER_4.split(":z6").next().unwrap()));
}
