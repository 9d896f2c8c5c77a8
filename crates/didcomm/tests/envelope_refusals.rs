//! What no envelope may be.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use didcomm::{
    EnvelopeError, KeyError, Limits, Peer, Sealed, SecretKey, Version, base64, is_v2, seal_anon,
    seal_auth,
};
use serde_json::{Value, json};

/// A genuine envelope to `to`, with its header changed by `change`.
fn forged(from: Option<&SecretKey>, to: &SecretKey, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let envelope = match from {
        Some(from) => seal_auth(b"body", from, &[to.verkey()]),
        None => seal_anon(b"body", &[to.verkey()]),
    };
    let mut envelope: Value = serde_json::from_slice(envelope.unwrap().as_bytes()).unwrap();
    let header = base64::decode(envelope["protected"].as_str().unwrap(), 4096).unwrap();
    let mut header: Value = serde_json::from_slice(&header).unwrap();
    change(&mut header);
    envelope["protected"] = base64::encode(header.to_string().as_bytes()).into();
    envelope.to_string().into_bytes()
}

fn refusal(bytes: &[u8]) -> EnvelopeError {
    Sealed::parse(bytes, &Limits::default()).unwrap_err()
}

#[test]
fn an_authcrypt_without_sender_is_refused() {
    let (from, to) = (SecretKey::generate(), SecretKey::generate());
    for missing in ["sender", "iv"] {
        let bytes = forged(Some(&from), &to, |header| {
            header["recipients"][0]["header"].as_object_mut().unwrap().remove(missing);
        });
        assert_eq!(refusal(&bytes), EnvelopeError::Sender);
    }
}

#[test]
fn an_anoncrypt_that_is_called_authcrypt_is_refused() {
    let bytes = forged(None, &SecretKey::generate(), |header| header["alg"] = "Authcrypt".into());
    assert_eq!(refusal(&bytes), EnvelopeError::Sender);
}

#[test]
fn a_sender_under_anoncrypt_authenticates_nobody() {
    let (from, to) = (SecretKey::generate(), SecretKey::generate());
    let bytes = forged(Some(&from), &to, |header| header["alg"] = "Anoncrypt".into());
    assert_eq!(refusal(&bytes), EnvelopeError::Encoding, "a box is no sealed box");
    let bytes = forged(None, &to, |header| {
        header["recipients"][0]["header"]["sender"] = "AAAA".into();
    });
    assert_eq!(refusal(&bytes), EnvelopeError::Sender, "sender without iv");
}

#[test]
fn an_empty_or_repeated_kid_is_refused() {
    let to = SecretKey::generate();
    let empty = forged(None, &to, |header| header["recipients"][0]["header"]["kid"] = "".into());
    assert_eq!(refusal(&empty), EnvelopeError::Key(KeyError::Length));
    let twice = forged(None, &to, |header| {
        let mut again = header["recipients"][0].clone();
        again["header"]["kid"] = to.verkey().to_did_key().into();
        header["recipients"].as_array_mut().unwrap().push(again);
    });
    assert_eq!(refusal(&twice), EnvelopeError::Recipients, "another spelling is the same key");
    assert_eq!(seal_anon(b"", &[to.verkey(), to.verkey()]).unwrap_err(), EnvelopeError::Recipients);
}

#[test]
fn no_recipient_and_too_many_are_refused() {
    let none = forged(None, &SecretKey::generate(), |header| header["recipients"] = json!([]));
    assert_eq!(refusal(&none), EnvelopeError::Recipients);
    let keys: Vec<_> = (0..17).map(|_| SecretKey::generate().verkey()).collect();
    let many = seal_anon(b"", &keys).unwrap();
    assert_eq!(refusal(many.as_bytes()), EnvelopeError::Recipients);
    assert!(
        Sealed::parse(many.as_bytes(), &Limits { recipients: 17, ..Limits::default() }).is_ok()
    );
}

#[test]
fn unknown_algorithms_and_versions_are_refused() {
    let to = SecretKey::generate();
    for (member, value, error) in [
        ("enc", "A256GCM", EnvelopeError::Algorithm),
        ("alg", "authcrypt", EnvelopeError::Algorithm),
        ("typ", "application/didcomm-encrypted+json", EnvelopeError::Version),
    ] {
        let bytes = forged(None, &to, |header| header[member] = value.into());
        assert_eq!(refusal(&bytes), error, "{member}");
    }
}

#[test]
fn a_24_byte_nonce_is_refused() {
    let envelope = seal_anon(b"body", &[SecretKey::generate().verkey()]).unwrap();
    let mut envelope: Value = serde_json::from_slice(envelope.as_bytes()).unwrap();
    envelope["iv"] = base64::encode(&[0; 24]).into();
    assert_eq!(refusal(envelope.to_string().as_bytes()), EnvelopeError::Encoding);
}

#[test]
fn what_is_larger_than_allowed_is_refused_before_it_is_parsed() {
    let limits = Limits { envelope_bytes: 10, ..Limits::default() };
    assert_eq!(Sealed::parse(&[b'['; 11], &limits).unwrap_err(), EnvelopeError::TooLarge);
    let header = base64::encode(&[b' '; 17 * 1024]);
    let bytes = json!({"protected": header, "iv": "", "ciphertext": "", "tag": ""}).to_string();
    assert_eq!(refusal(bytes.as_bytes()), EnvelopeError::TooLarge);
}

#[test]
fn deep_and_foreign_json_is_an_error() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!(r#"{{"protected":"","iv":"","ciphertext":"","tag":"","x":{deep}}}"#);
    for text in ["", "{}", "[]", "null", "\"\"", r#"{"protected":1}"#, &deep] {
        assert_eq!(refusal(text.as_bytes()), EnvelopeError::Json, "{:.20}", text);
    }
    assert!(Sealed::parse(nested.as_bytes(), &Limits::default()).is_err());
}

#[test]
fn a_member_twice_is_refused() {
    let envelope = seal_anon(b"body", &[SecretKey::generate().verkey()]).unwrap();
    let text = String::from_utf8(envelope.as_bytes().to_vec()).unwrap();
    let twice = text.replacen('{', r#"{"iv":"AAAAAAAAAAAAAAAA","#, 1);
    assert_eq!(refusal(twice.as_bytes()), EnvelopeError::Json);
}

#[test]
fn only_the_named_recipient_opens() {
    let (to, other) = (SecretKey::generate(), SecretKey::generate());
    let envelope = seal_anon(b"body", &[to.verkey()]).unwrap();
    let sealed = Sealed::parse(envelope.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(sealed.open(0, &other).unwrap_err(), EnvelopeError::NotRecipient);
    assert_eq!(sealed.open(1, &to).unwrap_err(), EnvelopeError::NotRecipient);
}

#[test]
fn a_wrong_guess_of_the_peer_falls_back_to_the_real_sender() {
    let (from, to, other) = (SecretKey::generate(), SecretKey::generate(), SecretKey::generate());
    let envelope = seal_auth(b"body", &from, &[to.verkey()]).unwrap();
    let sealed = Sealed::parse(envelope.as_bytes(), &Limits::default()).unwrap();
    for peer in
        [Peer::new(&to, &other.verkey()).unwrap(), Peer::new(&other, &from.verkey()).unwrap()]
    {
        assert_eq!(sealed.open_from(0, &to, &peer).unwrap().sender, Some(from.verkey()));
    }
}

#[test]
fn a_stranger_cannot_pass_as_the_sender() {
    let (from, to, mallory) = (SecretKey::generate(), SecretKey::generate(), SecretKey::generate());
    let genuine = seal_auth(b"body", &from, &[to.verkey()]).unwrap();
    let sender = header_of(genuine.as_bytes())["recipients"][0]["header"]["sender"].clone();
    let bytes =
        forged(Some(&mallory), &to, |header| header["recipients"][0]["header"]["sender"] = sender);
    let sealed = Sealed::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(sealed.open(0, &to).unwrap_err(), EnvelopeError::Refused);
}

fn header_of(envelope: &[u8]) -> Value {
    let envelope: Value = serde_json::from_slice(envelope).unwrap();
    let header = base64::decode(envelope["protected"].as_str().unwrap(), 4096).unwrap();
    serde_json::from_slice(&header).unwrap()
}

#[test]
fn the_version_is_read_from_the_header() {
    let envelope = |header: Value| {
        json!({"protected": base64::encode(header.to_string().as_bytes())}).to_string()
    };
    let limits = Limits::default();
    for (header, expected) in [
        (json!({"typ": "JWM/1.0", "alg": "Authcrypt"}), Some(Version::V1)),
        (json!({"alg": "Anoncrypt"}), Some(Version::V1)),
        (json!({"typ": "application/didcomm-encrypted+json"}), Some(Version::V2)),
        (json!({"typ": "didcomm-encrypted+json", "alg": "Authcrypt"}), Some(Version::V2)),
        (json!({"typ": "JWT", "alg": "ECDH-1PU+A256KW"}), Some(Version::V2)),
        (json!({"alg": "ECDH-ES+A256KW"}), Some(Version::V2)),
        (json!({"alg": "none"}), None),
    ] {
        let text = envelope(header);
        assert_eq!(didcomm::version(text.as_bytes(), &limits), expected, "{text}");
        assert_eq!(is_v2(text.as_bytes(), &limits), expected == Some(Version::V2));
    }
    assert_eq!(didcomm::version(b"{}", &limits), None);
}
