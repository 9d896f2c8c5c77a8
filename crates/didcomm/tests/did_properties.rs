//! Nothing that a stranger writes into a DID, a document or an attachment makes a panic.

use didcomm::document::Document;
use didcomm::{Destination, SecretKey, VerKey, attach, base64, did};
use proptest::prelude::*;
use serde_json::{Value, json};

/// JSON whose members are those that documents and attachments have.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-zA-Z0-9#:._=-]{0,60}",
        Just("did:key:z6MkuTkJrabJeDahnBnLjCbHDdr4x9tt7chU6Ak1P1KWaLe6".to_owned()),
        Just("Ed25519VerificationKey2018".to_owned()),
        Just("did-communication".to_owned()),
        Just("#key-1".to_owned()),
    ];
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null)
    ];
    let member = prop::sample::select(vec![
        "id",
        "type",
        "verificationMethod",
        "publicKey",
        "publicKeyBase58",
        "publicKeyMultibase",
        "publicKeyJwk",
        "authentication",
        "keyAgreement",
        "service",
        "serviceEndpoint",
        "recipientKeys",
        "routingKeys",
        "uri",
        "priority",
        "base64",
        "json",
        "jws",
        "protected",
        "signature",
        "signatures",
        "header",
        "kid",
        "x",
    ]);
    leaf.prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(member.clone(), inner, 0..6)
                .prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #[test]
    fn documents_of_any_shape_are_read_or_refused(value in value()) {
        match Document::parse(&value) {
            Ok(document) => {
                let keys = document.verkeys();
                prop_assert!(document.recipients().iter().all(|key| keys.contains(key) || value.to_string().contains("did:key")));
                prop_assert!(document.endpoints().len() <= 64 * 64);
            }
            Err(_) => prop_assert!(!value.is_object()),
        }
    }

    #[test]
    fn attachments_of_any_shape_have_no_signer(value in value()) {
        if let Ok((_, signers)) = attach::verify(&value) {
            prop_assert!(signers.is_empty(), "nobody signed");
        }
    }

    #[test]
    fn a_changed_attachment_does_not_verify(at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let key = SecretKey::from_seed([3; 32]);
        let mut data = attach::sign(b"what was signed", &key);
        let mut payload = b"what was signed".to_vec();
        let at = at.index(payload.len());
        payload[at] ^= flip;
        data["base64"] = base64::encode(&payload).into();
        prop_assert_eq!(attach::verify(&data), Err(attach::AttachError::Wrong));
    }

    #[test]
    fn dids_of_any_shape_are_resolved_or_refused(
        prefix in prop::sample::select(vec!["", "did:", "did:key:z", "did:peer:0z6Mk", "did:peer:2.", "did:peer:2.S", "did:peer:4zQm", "did:sov:"]),
        rest in "\\PC{0,120}|[a-zA-Z0-9.:#_-]{0,120}",
    ) {
        let text = format!("{prefix}{rest}");
        if did::resolve(&text).is_ok() {
            prop_assert!(did::resolves_itself(&text));
        }
        if let Ok(name) = did::normalise(&text) {
            prop_assert_eq!(did::normalise(&name), Ok(name.clone()), "normalising twice changes nothing");
            prop_assert!(did::same_party(&text, &name));
        }
        if let Ok(destination) = Destination::parse(&text) {
            prop_assert_eq!(Destination::parse(&destination.to_string()), Ok(destination.clone()));
            prop_assert_eq!(Destination::from_bytes(&destination.to_bytes()), Ok(destination));
        }
        if let Ok(key) = VerKey::parse(&text) {
            prop_assert_eq!(VerKey::parse(&key.to_did_key_url()), Ok(key));
        }
    }
}
