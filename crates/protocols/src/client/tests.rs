use bytes::Bytes;
use didcomm::{Destination, SecretKey, VerKey};
use serde_json::json;

use super::*;
use crate::testing::{DID_KEY, ID, RAW_KEY};
use crate::{
    Action, Attached, Command, Dialect, Inbound, KeyResult, KeyUpdated, Page, PickupStatus,
    Problem, Reply, ReturnRoute, coordinate_mediation, decode, pickup, trust_ping,
};

const ENVELOPE: &str = r#"{"protected":"p","iv":"i","ciphertext":"c","tag":"t"}"#;

fn inbound(plaintext: &[u8]) -> Inbound {
    decode(plaintext).unwrap()
}

fn pickups() -> [&'static dyn Dialect; 2] {
    [&pickup::V2_0, &pickup::V4_0]
}

fn items() -> Vec<Attached> {
    ["entry-0001", "entry-0002"]
        .map(|id| Attached { id: id.into(), envelope: Bytes::from_static(ENVELOPE.as_bytes()) })
        .into()
}

fn delivered() -> Vec<Delivered> {
    items().into_iter().map(|item| Delivered { id: item.id, envelope: item.envelope }).collect()
}

#[test]
fn requests_ask_for_their_answer_on_the_way_back() {
    for plaintext in [
        mediate_request(ID),
        noop(ID),
        ping(ID, false),
        status_request(&pickup::V2_0, ID, None),
        batch_pickup(ID, 10),
    ] {
        assert_eq!(inbound(&plaintext).head.return_route, Some(ReturnRoute::All));
    }
}

#[test]
fn mediation_is_asked_for_and_understood() {
    assert!(matches!(inbound(&mediate_request(ID)).command, Command::MediateRequest));
    let Command::KeylistUpdate(updates) =
        inbound(&keylist_update(ID, &[(RAW_KEY, true), (DID_KEY, false)])).command
    else {
        panic!()
    };
    assert_eq!(
        updates.iter().map(|update| update.action).collect::<Vec<_>>(),
        [Some(Action::Add), Some(Action::Remove)]
    );
    assert!(matches!(inbound(&keylist_query(ID, None)).command, Command::KeylistQuery(None)));
    let page = Page { limit: Some(2), offset: 1 };
    assert!(
        matches!(inbound(&keylist_query(ID, Some(page))).command, Command::KeylistQuery(Some(read)) if read == page)
    );
}

#[test]
fn what_the_mediator_says_about_mediation_is_read() {
    let say = |reply: &Reply<'_>| coordinate_mediation::V1_0.encode(reply, None, ID);
    let key = VerKey::parse(RAW_KEY).unwrap();
    let granted = read_grant(&say(&Reply::Grant {
        endpoint: "https://m.example".into(),
        routing_keys: vec![key],
    }))
    .unwrap();
    assert_eq!((granted.endpoint.as_str(), granted.routing_keys), ("https://m.example", vec![key]));
    let update =
        KeyUpdated { text: RAW_KEY.into(), action_text: "add".into(), result: KeyResult::Success };
    assert_eq!(
        read_keylist_updated(&say(&Reply::KeylistUpdated(vec![update]))),
        Some(vec![(RAW_KEY.into(), "success".into())])
    );
    let keys = vec![Destination::parse(DID_KEY).unwrap()];
    assert_eq!(
        read_keylist(&say(&Reply::Keylist { keys, page: None })),
        Some((vec![DID_KEY.into()], 0))
    );
    assert_eq!(read_grant(&say(&Reply::Deny)), None);
}

#[test]
fn pickup_requests_of_both_versions_are_understood() {
    for dialect in pickups() {
        let command = |plaintext: Vec<u8>| {
            let inbound = inbound(&plaintext);
            assert_eq!(inbound.dialect.protocol(), dialect.protocol());
            inbound.command
        };
        let Command::StatusRequest { key } = command(status_request(dialect, ID, Some(RAW_KEY)))
        else {
            panic!()
        };
        assert_eq!(key.unwrap().text, RAW_KEY);
        assert!(matches!(
            command(delivery_request(dialect, ID, 10, None)),
            Command::DeliveryRequest { limit: 10, key: None }
        ));
        let Command::MessagesReceived { ids } =
            command(messages_received(dialect, ID, &["entry-0001".into()]))
        else {
            panic!()
        };
        assert_eq!(ids, ["entry-0001"]);
        assert!(matches!(
            command(live_delivery_change(dialect, ID, true)),
            Command::LiveDelivery(true)
        ));
    }
    assert!(matches!(inbound(&batch_pickup(ID, 10)).command, Command::BatchPickup { size: 10 }));
    assert!(matches!(inbound(&noop(ID)).command, Command::Noop));
}

#[test]
fn mail_comes_back_as_it_was_forwarded_in_every_version() {
    for dialect in pickups() {
        let plaintext = dialect.encode(&Reply::Delivery { items: items(), key: None }, None, ID);
        assert_eq!(read_delivery(&plaintext), Some(delivered()));
        assert_eq!(read_batch(&plaintext), None);
    }
    let batch = pickup::V1_0.encode(&Reply::Batch(items()), None, ID);
    let read = read_batch(&batch).unwrap();
    assert_eq!(
        read.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(),
        ["entry-0001", "entry-0002"]
    );
    let envelope: serde_json::Value = serde_json::from_slice(&read[0].envelope).unwrap();
    assert_eq!(envelope, serde_json::from_str::<serde_json::Value>(ENVELOPE).unwrap());
}

#[test]
fn attachments_of_credo_s_mediator_are_read() {
    let message = json!({ "@type": "https://didcomm.org/messagepickup/2.0/delivery", "@id": ID,
        "~attach": [{ "@id": "entry-0001", "lastmod_time": "x", "data": { "json": { "tag": "t" } } }] });
    assert_eq!(
        &read_delivery(message.to_string().as_bytes()).unwrap()[0].envelope[..],
        b"{\"tag\":\"t\"}"
    );
}

#[test]
fn a_status_is_read_in_every_version() {
    let status = PickupStatus { messages: 7, live: true, ..PickupStatus::default() };
    for dialect in pickups() {
        let plaintext = dialect.encode(&Reply::Status(status.clone()), None, ID);
        assert_eq!(read_status(&plaintext), Some(Waiting { messages: 7, live: true }));
    }
    let plaintext = pickup::V1_0.encode(&Reply::Status(status), None, ID);
    assert_eq!(read_status(&plaintext), Some(Waiting { messages: 7, live: false }));
}

#[test]
fn a_forward_is_understood() {
    let key = SecretKey::from_seed([3; 32]).verkey();
    let Command::Forward(forward) =
        inbound(&forward(ID, &key, ENVELOPE.as_bytes()).unwrap()).command
    else {
        panic!()
    };
    assert_eq!(forward.to, Destination::Key(key));
    assert_eq!(super::forward(ID, &key, b"junk"), None);
}

#[test]
fn problem_codes_threads_and_types_are_read_of_any_message() {
    let head = inbound(&ping("request-0001", true)).head;
    let report =
        trust_ping::V1_0.encode(&Reply::Problem(Problem::MESSAGE_PARSE_FAILURE), Some(&head), ID);
    assert_eq!(problem_code(&report).as_deref(), Some("message-parse-failure"));
    assert_eq!(thread_id(&report).as_deref(), Some("request-0001"));
    let pong = trust_ping::V1_0.encode(&Reply::Pong, Some(&head), ID);
    assert_eq!(problem_code(&pong), None);
    assert_eq!(message_type(&pong), "https://didcomm.org/trust_ping/1.0/ping_response");
    assert_eq!((message_type(b"junk"), thread_id(b"junk")), (String::new(), None));
}
