use serde_json::json;

use super::*;
use crate::testing::LEGACY;

fn head(message: &serde_json::Value) -> Head {
    Head::read(message.to_string().as_bytes()).unwrap()
}

#[test]
fn both_prefixes_are_the_same_kind() {
    let new = Kind::parse("https://didcomm.org/trust_ping/1.0/ping");
    let old = Kind::parse(&format!("{LEGACY}trust_ping/1.0/ping"));
    let slashed = Kind::parse(&format!("{LEGACY}/trust_ping/1.0/ping"));
    assert_eq!((new.prefix, old.prefix), (Prefix::Https, Prefix::Legacy));
    assert_eq!(old, slashed);
    assert_eq!(old, Kind { prefix: Prefix::Legacy, ..new });
}

#[test]
fn what_is_no_message_type_is_foreign() {
    for text in [
        "",
        "ping",
        "https://didcomm.org/",
        "https://didcomm.org/trust_ping/1.0",
        "https://didcomm.org/trust_ping/1/ping",
        "https://didcomm.org/trust_ping/1.x/ping",
        "https://didcomm.org/trust_ping/1.99999999999/ping",
        "https://didcomm.org/trust_ping/1.0/ping/more",
        "https://didcomm.org//1.0/",
        "https://evil.example/trust_ping/1.0/ping",
        "http://didcomm.org/trust_ping/1.0/ping",
    ] {
        assert_eq!(Kind::parse(text).prefix, Prefix::Foreign, "{text}");
    }
}

#[test]
fn the_thread_is_the_own_id_unless_it_is_named() {
    assert_eq!(head(&json!({ "@id": "own" })).thread(), Some("own"));
    assert_eq!(head(&json!({ "@id": "own", "~thread": {} })).thread(), Some("own"));
    assert_eq!(head(&json!({ "@id": "own", "~thread": null })).thread(), Some("own"));
    assert_eq!(
        head(&json!({ "@id": "own", "~thread": { "thid": "first", "sender_order": 1 } })).thread(),
        Some("first")
    );
    assert_eq!(head(&json!({})).thread(), None);
}

#[test]
fn the_parent_thread_is_read() {
    let head = head(&json!({ "@id": "own", "~thread": { "pthid": "invitation" } }));
    assert_eq!((head.pthid.as_deref(), head.thread()), (Some("invitation"), Some("own")));
}

#[test]
fn the_return_route_is_read() {
    let route = |transport: serde_json::Value| {
        head(&json!({ "@id": "own", "~transport": transport })).return_route
    };
    assert_eq!(route(json!({ "return_route": "all" })), Some(ReturnRoute::All));
    assert_eq!(route(json!({ "return_route": "none" })), Some(ReturnRoute::None));
    assert_eq!(route(json!({ "return_route": "thread" })), Some(ReturnRoute::Thread(None)));
    let named = json!({ "return_route": "thread", "return_route_thread": "t" });
    assert_eq!(route(named), Some(ReturnRoute::Thread(Some("t".into()))));
}

#[test]
fn an_unknown_return_route_is_none_and_a_missing_one_is_absent() {
    let unknown = head(&json!({ "@id": "own", "~transport": { "return_route": "some" } }));
    assert_eq!(unknown.return_route, Some(ReturnRoute::None));
    assert_eq!(head(&json!({ "@id": "own", "~transport": {} })).return_route, None);
    assert_eq!(head(&json!({ "@id": "own" })).return_route, None);
}

#[test]
fn only_objects_are_messages() {
    for text in [
        "",
        "null",
        "7",
        "\"text\"",
        "[]",
        "[\"https://didcomm.org/trust_ping/1.0/ping\", \"id\"]",
        "{",
        "{} x",
    ] {
        assert_eq!(Head::read(text.as_bytes()), Err(Fault::NotAMessage), "{text}");
    }
}

#[test]
fn a_member_that_is_given_twice_is_no_message() {
    assert_eq!(Head::read(br#"{"@id":"one","@id":"two"}"#), Err(Fault::NotAMessage));
}

#[test]
fn deep_json_is_read_over() {
    let deep = format!("{{\"@id\":\"own\",\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(Head::read(deep.as_bytes()).unwrap().id, "own");
}

#[test]
fn long_ids_and_long_plaintexts_are_too_large() {
    let long = "x".repeat(limits::ID + 1);
    for message in [
        json!({ "@id": long }),
        json!({ "@id": "own", "~thread": { "thid": long } }),
        json!({ "@type": long }),
    ] {
        assert_eq!(Head::read(message.to_string().as_bytes()), Err(Fault::TooLarge));
    }
    assert_eq!(Head::read(&vec![b' '; limits::PLAINTEXT + 1]), Err(Fault::TooLarge));
}
