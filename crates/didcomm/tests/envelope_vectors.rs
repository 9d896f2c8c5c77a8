//! Envelopes of other implementations open, and ours are shaped as theirs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use didcomm::{
    Algorithm, Envelope, EnvelopeError, Limits, Peer, Sealed, SecretKey, VerKey, seal_anon,
    seal_auth,
};
use serde_json::Value;

fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn known_answers() -> Value {
    vectors(include_str!("vectors/envelope-known-answers.json"))
}

fn party(answers: &Value, name: &str) -> SecretKey {
    let seed = answers["seeds"][name].as_str().unwrap().as_bytes();
    SecretKey::from_seed(seed.try_into().unwrap())
}

fn hex(text: &str) -> [u8; 32] {
    let digits = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
    std::array::from_fn(digits)
}

fn parse(envelope: &Value) -> Sealed {
    Sealed::parse(envelope.to_string().as_bytes(), &Limits::default()).unwrap()
}

#[test]
fn seeds_make_the_keys_that_other_libraries_make() {
    let answers = known_answers();
    for name in ["sender", "recipient", "routing"] {
        assert_eq!(party(&answers, name).verkey().to_string(), answers["verkeys"][name]);
    }
}

#[test]
fn the_known_authcrypt_opens_and_names_its_sender() {
    let answers = known_answers();
    let sealed = parse(&answers["authcrypt"]);
    let opened = sealed.open(0, &party(&answers, "recipient")).unwrap();
    assert_eq!(sealed.algorithm(), Algorithm::Authcrypt);
    assert_eq!(opened.plaintext, answers["plaintext"].as_str().unwrap().as_bytes());
    assert_eq!(opened.sender, Some(party(&answers, "sender").verkey()));
}

#[test]
fn the_known_authcrypt_opens_with_the_cached_peer() {
    let answers = known_answers();
    let (us, sender) = (party(&answers, "recipient"), party(&answers, "sender").verkey());
    let opened =
        parse(&answers["authcrypt"]).open_from(0, &us, &Peer::new(&us, &sender).unwrap()).unwrap();
    assert_eq!((opened.sender, opened.recipient), (Some(sender), us.verkey()));
}

#[test]
fn the_known_forward_holds_the_known_authcrypt() {
    let answers = known_answers();
    let opened = parse(&answers["anoncrypt"]).open(0, &party(&answers, "routing")).unwrap();
    let forward: Value = serde_json::from_slice(&opened.plaintext).unwrap();
    assert_eq!(opened.sender, None);
    assert_eq!(forward["to"], answers["verkeys"]["recipient"]);
    assert_eq!(forward["msg"], answers["authcrypt"]);
}

#[test]
fn envelopes_of_another_library_open_for_every_recipient() {
    for vector in vectors(include_str!("vectors/didcomm-v1-pack.json")).as_array().unwrap() {
        let sealed = parse(&vector["packed"]);
        for (index, recipient) in vector["recipients"].as_array().unwrap().iter().enumerate() {
            let opened = sealed
                .open(index, &SecretKey::from_seed(hex(recipient["seed_hex"].as_str().unwrap())))
                .unwrap();
            let sender = opened.sender.map(|key| key.to_string());
            let told = vector["name"].as_str().unwrap().starts_with("authcrypt");
            let expected =
                told.then(|| vector["sender"]["verkey_b58"].as_str().unwrap().to_owned());
            assert_eq!(sender, expected, "{}", vector["name"]);
            assert_eq!(
                serde_json::from_slice::<Value>(&opened.plaintext).unwrap(),
                vector["plaintext"]
            );
        }
    }
}

#[test]
fn padding_and_the_standard_alphabet_are_read() {
    let us = SecretKey::generate();
    let mut envelope = json(&seal_anon(b"hello there, general", &[us.verkey()]).unwrap());
    for member in ["iv", "ciphertext", "tag"] {
        let text = envelope[member].as_str().unwrap().replace('-', "+").replace('_', "/");
        let padded = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
        envelope[member] = Value::from(padded);
    }
    assert_eq!(parse(&envelope).open(0, &us).unwrap().plaintext, b"hello there, general");
}

#[test]
fn the_additional_data_is_the_text_as_received() {
    let short = |secret: &SecretKey| secret.verkey().to_string().len() == 43;
    let us = std::iter::repeat_with(SecretKey::generate).find(short).unwrap();
    let mut envelope = json(&seal_anon(b"x", &[us.verkey()]).unwrap());
    let text = envelope["protected"].as_str().unwrap();
    assert_eq!(text.len() % 4, 3, "there is room for padding");
    envelope["protected"] = format!("{text}=").into();
    assert_eq!(
        parse(&envelope).open(0, &us).unwrap_err(),
        EnvelopeError::Refused,
        "the same header, another text"
    );
}

#[test]
fn what_we_emit_is_unpadded_and_has_exactly_four_members() {
    let (from, to) = (SecretKey::generate(), SecretKey::generate().verkey());
    for envelope in
        [seal_auth(b"12", &from, &[to]).unwrap(), Peer::new(&from, &to).unwrap().seal(b"1")]
    {
        let envelope = json(&envelope);
        let members: Vec<_> = envelope.as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["ciphertext", "iv", "protected", "tag"]);
        assert!(!envelope.to_string().contains(['=', '+', '/']));
        assert_eq!(envelope["iv"].as_str().unwrap().len(), 16, "the nonce has 12 bytes");
        assert_emitted_header(&envelope, to);
    }
}

fn assert_emitted_header(envelope: &Value, to: VerKey) {
    let header = didcomm::base64::decode(envelope["protected"].as_str().unwrap(), 4096).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["enc"], "xchacha20poly1305_ietf");
    assert_eq!(header["typ"], "JWM/1.0");
    assert_eq!(header["alg"], "Authcrypt");
    assert_eq!(header["recipients"][0]["header"]["kid"], to.to_string());
}

fn json(envelope: &Envelope) -> Value {
    serde_json::from_slice(envelope.as_bytes()).unwrap()
}
