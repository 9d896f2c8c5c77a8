use didcomm::Destination;
use serde_json::{Value, json};

use crate::testing::{DID_KEY, LEGACY, RAW_KEY, refused, understood};
use crate::{Command, Fault, Forward, decode, limits};

fn forwarded(body: Value) -> Forward {
    match understood("routing/1.0/forward", body) {
        Command::Forward(forward) => forward,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_envelope_is_kept_as_it_was_written() {
    let text = r#"{ "protected":"a\u002Db", "iv" : "b","ciphertext":"c","tag":"d", "more": [1] }"#;
    let message = format!(
        r#"{{"@type":"{LEGACY}routing/1.0/forward","@id":"f","to":"{RAW_KEY}","msg": {text} }}"#
    );
    let Command::Forward(forward) = decode(message.as_bytes()).unwrap().command else { panic!() };
    assert_eq!(&forward.envelope[..], text.as_bytes());
    assert_eq!(forward.to, Destination::parse(RAW_KEY).unwrap());
}

#[test]
fn an_envelope_in_a_string_is_unwrapped() {
    let forward = forwarded(json!({ "to": RAW_KEY, "msg": " {\"protected\":\"é\"} " }));
    assert_eq!(&forward.envelope[..], "{\"protected\":\"é\"}".as_bytes());
}

#[test]
fn every_spelling_of_a_key_and_dids_are_destinations() {
    let key = forwarded(json!({ "to": DID_KEY, "msg": {} })).to;
    let fragment = DID_KEY.strip_prefix("did:key:").unwrap();
    assert_eq!(forwarded(json!({ "to": format!("{DID_KEY}#{fragment}"), "msg": {} })).to, key);
    assert!(matches!(
        forwarded(json!({ "to": "did:web:a.example#key-1", "msg": {} })).to,
        Destination::Did(_)
    ));
}

#[test]
fn a_forward_without_id_is_understood() {
    let message = format!(
        r#"{{"@type":"https://didcomm.org/routing/1.0/forward","to":"{RAW_KEY}","msg":{{}}}}"#
    );
    assert!(decode(message.as_bytes()).is_ok());
}

#[test]
fn what_is_no_envelope_is_refused() {
    for msg in [
        json!(null),
        json!(7),
        json!([]),
        json!(true),
        json!(""),
        json!("text"),
        json!("[]"),
        json!("\"{}\""),
        json!("{"),
    ] {
        let fault = refused("routing/1.0/forward", json!({ "to": RAW_KEY, "msg": msg })).fault;
        assert!(matches!(fault, Fault::Malformed(_)), "{msg}");
    }
}

#[test]
fn what_is_no_destination_is_refused() {
    for to in
        [json!(""), json!("junk"), json!(7), json!(null), json!([RAW_KEY]), json!(&RAW_KEY[2..])]
    {
        let fault = refused("routing/1.0/forward", json!({ "to": to, "msg": {} })).fault;
        assert!(matches!(fault, Fault::Malformed(_)), "{to}");
    }
    let long = "1".repeat(limits::DESTINATION + 1);
    assert_eq!(
        refused("routing/1.0/forward", json!({ "to": long, "msg": {} })).fault,
        Fault::TooLarge
    );
}
