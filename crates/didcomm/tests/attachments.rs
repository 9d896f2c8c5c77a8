//! Signed attachments as peers write them, and as we do.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use didcomm::attach::{self, AttachError};
use didcomm::{SecretKey, base64};
use serde_json::{Value, json};

const PAYLOAD: &[u8] = br#"{"id":"did:example:1","x":"??????>>>>>>"}"#;

fn signer() -> SecretKey {
    SecretKey::from_seed([9; 32])
}

fn with_header(change: impl FnOnce(&mut Value)) -> Value {
    let key = signer();
    let mut data = attach::sign(PAYLOAD, &key);
    let header = base64::decode(data["jws"]["protected"].as_str().unwrap(), 4096).unwrap();
    let mut header: Value = serde_json::from_slice(&header).unwrap();
    change(&mut header);
    let protected = base64::encode(header.to_string().as_bytes());
    let input = format!("{protected}.{}", base64::encode(PAYLOAD));
    data["jws"]["signature"] = base64::encode(&key.sign(input.as_bytes())).into();
    data["jws"]["protected"] = protected.into();
    data
}

#[test]
fn what_we_sign_verifies_and_names_its_signer_in_both_places() {
    let data = attach::sign(PAYLOAD, &signer());
    let header = base64::decode(data["jws"]["protected"].as_str().unwrap(), 4096).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    let did = signer().verkey().to_did_key();
    assert_eq!(attach::verify(&data).unwrap(), (PAYLOAD.to_vec(), vec![signer().verkey()]));
    assert_eq!((&data["jws"]["header"]["kid"], &header["jwk"]["kid"]), (&json!(did), &json!(did)));
    assert_eq!((&header["alg"], &header["jwk"]["crv"]), (&json!("EdDSA"), &json!("Ed25519")));
}

#[test]
fn the_payload_may_be_in_either_alphabet_and_padded() {
    let mut data = attach::sign(PAYLOAD, &signer());
    let url = data["base64"].as_str().unwrap().to_owned();
    let standard = url.replace('-', "+").replace('_', "/");
    assert_ne!(url, standard, "the payload tells the alphabets apart");
    for text in [&url, &standard, &format!("{standard}{}", "=".repeat((4 - url.len() % 4) % 4))] {
        data["base64"] = text.as_str().into();
        assert_eq!(attach::verify(&data).unwrap().1, [signer().verkey()]);
    }
}

#[test]
fn a_changed_payload_or_signature_is_wrong() {
    let mut data = attach::sign(PAYLOAD, &signer());
    data["base64"] = base64::encode(b"{}").into();
    assert_eq!(attach::verify(&data), Err(AttachError::Wrong));
    let mut data = attach::sign(PAYLOAD, &signer());
    data["jws"]["signature"] = base64::encode(&[1; 64]).into();
    assert_eq!(attach::verify(&data), Err(AttachError::Wrong));
    data["jws"]["signature"] = base64::encode(&[1; 63]).into();
    assert_eq!(attach::verify(&data), Err(AttachError::Malformed));
}

#[test]
fn a_signature_by_another_key_than_it_tells_is_refused() {
    let other = SecretKey::from_seed([8; 32]).verkey();
    let mut data = attach::sign(PAYLOAD, &signer());
    data["jws"]["header"]["kid"] = other.to_did_key().into();
    assert_eq!(attach::verify(&data), Err(AttachError::Signer));
}

#[test]
fn the_signer_may_be_told_by_kid_or_by_jwk_alone() {
    let by_kid = with_header(|header| _ = header.as_object_mut().unwrap().remove("jwk"));
    assert_eq!(attach::verify(&by_kid).unwrap().1, [signer().verkey()]);
    let mut by_jwk = attach::sign(PAYLOAD, &signer());
    by_jwk["jws"]["header"]["kid"] = "did:example:1#key-1".into();
    assert_eq!(attach::verify(&by_jwk).unwrap().1, [signer().verkey()]);
    let mut by_nothing = by_kid;
    by_nothing["jws"]["header"] = json!({});
    assert_eq!(attach::verify(&by_nothing), Err(AttachError::Signer));
}

#[test]
fn other_algorithms_are_refused() {
    for alg in [json!("none"), json!("ES256"), Value::Null] {
        assert_eq!(
            attach::verify(&with_header(|header| header["alg"] = alg)),
            Err(AttachError::Algorithm)
        );
    }
    let critical = with_header(|header| header["crit"] = json!(["b64"]));
    assert_eq!(attach::verify(&critical), Err(AttachError::Algorithm));
}

#[test]
fn every_one_of_several_signatures_counts() {
    let keys = [signer(), SecretKey::from_seed([8; 32])];
    let signatures: Vec<Value> =
        keys.iter().map(|key| attach::sign(PAYLOAD, key)["jws"].clone()).collect();
    let mut data =
        json!({ "base64": base64::encode(PAYLOAD), "jws": { "signatures": signatures } });
    assert_eq!(attach::verify(&data).unwrap().1, keys.map(|key| key.verkey()));
    data["jws"]["signatures"][1]["signature"] = base64::encode(&[1; 64]).into();
    assert_eq!(attach::verify(&data), Err(AttachError::Wrong));
    for signatures in [json!([]), json!(vec![json!({}); 9]), json!("x")] {
        data["jws"]["signatures"] = signatures;
        assert_eq!(attach::verify(&data), Err(AttachError::Malformed));
    }
}

#[test]
fn unsigned_data_has_no_signer() {
    assert_eq!(attach::verify(&json!({"json": {"a": 1}})), Ok((br#"{"a":1}"#.to_vec(), vec![])));
    assert_eq!(attach::verify(&json!({"base64": "e30="})), Ok((b"{}".to_vec(), vec![])));
}

#[test]
fn data_that_says_two_things_or_nothing_is_refused() {
    for data in [
        json!({}),
        json!({"base64": "e30", "json": {}}),
        json!({"base64": 1}),
        json!({"links": []}),
        json!(null),
    ] {
        assert_eq!(attach::verify(&data), Err(AttachError::Payload), "{data}");
    }
    let signed_json = json!({"json": {}, "jws": attach::sign(b"{}", &signer())["jws"]});
    assert_eq!(attach::verify(&signed_json), Err(AttachError::Malformed));
}
