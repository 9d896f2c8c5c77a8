use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::command::KeyFilter;
use crate::testing::{DID_KEY, ID, RAW_KEY, refused, said, told, understood, volunteered};
use crate::{Attached, Command, Dialect, Fault, PickupStatus, Reply, limits};

const NOON: u64 = 1_777_636_800_000;
const ENTRY: &str = "06ca25f6-d3c5-48ac-8eee-1a9e29120c31";

fn waiting() -> PickupStatus {
    PickupStatus {
        messages: 7,
        bytes: 8096,
        oldest_ms: Some(NOON - 3_600_000),
        newest_ms: Some(NOON + 1_000),
        now_ms: NOON,
        live: true,
        key: None,
    }
}

fn key(text: &str) -> KeyFilter {
    KeyFilter { text: text.into(), destination: didcomm::Destination::parse(text).unwrap() }
}

fn items(envelope: &'static str) -> Vec<Attached> {
    vec![Attached { id: ENTRY.into(), envelope: Bytes::from_static(envelope.as_bytes()) }]
}

fn limit(kind: &str, field: &str, value: &Value) -> Option<usize> {
    match understood(kind, json!({ field: value })) {
        Command::DeliveryRequest { limit, key: None } => Some(limit),
        Command::BatchPickup { size } => Some(size),
        _ => None,
    }
}

const LIMITS: [(&str, &str); 3] = [
    ("messagepickup/1.0/batch-pickup", "batch_size"),
    ("messagepickup/2.0/delivery-request", "limit"),
    ("message-pickup/4.0/delivery-request", "message_count_limit"),
];

#[test]
fn positive_limits_are_taken_and_huge_ones_cut() {
    for (kind, field) in LIMITS {
        assert_eq!(limit(kind, field, &json!(10)), Some(10));
        assert_eq!(limit(kind, field, &json!(10.0)), Some(10));
        assert_eq!(limit(kind, field, &json!(u64::MAX)), Some(usize::MAX));
        assert_eq!(limit(kind, field, &json!(1e30)), Some(usize::MAX));
    }
}

#[test]
fn zero_and_negative_limits_are_reported_and_never_unlimited() {
    for (kind, field) in LIMITS {
        for value in [json!(0), json!(-1), json!(i64::MIN), json!(-1e30), json!(0.0)] {
            let report = told(kind, json!({ field: value }));
            assert_eq!(report["description"]["code"], "invalid-limit", "{kind} {value}");
        }
    }
}

#[test]
fn limits_that_are_no_whole_number_are_malformed() {
    for (kind, field) in LIMITS {
        for value in [json!("10"), json!(null), json!(2.5), json!([1]), json!({})] {
            assert!(
                matches!(refused(kind, json!({ field: value })).fault, Fault::Malformed(_)),
                "{kind} {value}"
            );
        }
        assert!(matches!(refused(kind, json!({})).fault, Fault::Malformed(_)), "{kind}");
    }
}

#[test]
fn a_filter_keeps_its_spelling() {
    for (kind, field) in [
        ("messagepickup/2.0/status-request", "recipient_key"),
        ("message-pickup/4.0/status-request", "recipient_did"),
    ] {
        for text in [RAW_KEY, DID_KEY] {
            let Command::StatusRequest { key: filter } = understood(kind, json!({ field: text }))
            else {
                panic!()
            };
            assert_eq!(filter, Some(key(text)));
        }
        assert!(matches!(
            understood(kind, json!({ field: null })),
            Command::StatusRequest { key: None }
        ));
        assert!(matches!(refused(kind, json!({ field: "junk" })).fault, Fault::Malformed(_)));
    }
}

#[test]
fn acknowledgements_are_read_in_both_versions() {
    for kind in ["messagepickup/2.0/messages-received", "message-pickup/4.0/messages-received"] {
        let Command::MessagesReceived { ids } =
            understood(kind, json!({ "message_id_list": [ENTRY, "foreign"] }))
        else {
            panic!()
        };
        assert_eq!(ids, [ENTRY, "foreign"]);
        let many = vec!["x"; limits::MESSAGE_IDS + 1];
        assert_eq!(refused(kind, json!({ "message_id_list": many })).fault, Fault::TooLarge);
        assert!(matches!(
            refused(kind, json!({ "message_id_list": [7] })).fault,
            Fault::Malformed(_)
        ));
    }
}

#[test]
fn live_delivery_is_switched_in_both_versions() {
    for kind in
        ["messagepickup/2.0/live-delivery-change", "message-pickup/4.0/live-delivery-change"]
    {
        assert!(matches!(
            understood(kind, json!({ "live_delivery": true })),
            Command::LiveDelivery(true)
        ));
        assert!(matches!(
            understood(kind, json!({ "live_delivery": false })),
            Command::LiveDelivery(false)
        ));
        assert!(matches!(
            refused(kind, json!({ "live_delivery": "yes" })).fault,
            Fault::Malformed(_)
        ));
    }
}

#[test]
fn version_1_reads_its_other_messages() {
    assert!(matches!(understood("messagepickup/1.0/noop", json!({})), Command::Noop));
    assert!(matches!(
        understood("messagepickup/1.0/status-request", json!({})),
        Command::StatusRequest { key: None }
    ));
    let Command::ListPickup { ids } =
        understood("messagepickup/1.0/list-pickup", json!({ "message_ids": [ENTRY] }))
    else {
        panic!()
    };
    assert_eq!(ids, [ENTRY]);
}

#[test]
fn a_status_of_version_1_has_its_own_names() {
    let expected = json!({
        "@type": "https://didcomm.org/messagepickup/1.0/status", "@id": ID, "~thread": { "thid": "request-0001" },
        "message_count": 7, "total_size": 8096, "duration_waited": 3600, "last_added_time": "2026-05-01T12:00:01Z",
    });
    assert_eq!(said(&V1_0, &Reply::Status(waiting())), expected);
}

#[test]
fn a_status_of_version_2_repeats_the_filter_and_writes_times_as_text() {
    let status = PickupStatus { key: Some(key(RAW_KEY)), ..waiting() };
    let expected = json!({
        "@type": "https://didcomm.org/messagepickup/2.0/status", "@id": ID, "~thread": { "thid": "request-0001" },
        "recipient_key": RAW_KEY, "message_count": 7, "longest_waited_seconds": 3600,
        "newest_received_time": "2026-05-01T12:00:01Z", "oldest_received_time": "2026-05-01T11:00:00Z",
        "total_bytes": 8096, "live_delivery": true,
    });
    assert_eq!(said(&V2_0, &Reply::Status(status)), expected);
}

#[test]
fn a_status_of_version_4_has_milliseconds_and_no_waiting_time() {
    let status = PickupStatus { key: Some(key(DID_KEY)), ..waiting() };
    let expected = json!({
        "@type": "https://didcomm.org/message-pickup/4.0/status", "@id": ID, "~thread": { "thid": "request-0001" },
        "recipient_did": DID_KEY, "message_count": 7, "newest_received_time": NOON + 1_000,
        "oldest_received_time": NOON - 3_600_000, "total_bytes": 8096, "live_delivery": true,
    });
    assert_eq!(said(&V4_0, &Reply::Status(status)), expected);
}

#[test]
fn the_status_of_an_empty_mailbox_has_neither_times_nor_nulls() {
    for dialect in [&V1_0 as &dyn Dialect, &V2_0, &V4_0] {
        let said =
            said(dialect, &Reply::Status(PickupStatus { now_ms: NOON, ..PickupStatus::default() }));
        assert_eq!(said["message_count"], 0);
        let members = said.as_object().unwrap();
        assert!(members.values().all(|value| !value.is_null()));
        assert!(!members.keys().any(|name| name.contains("time")
            || name.contains("waited")
            || name.starts_with("recipient")));
    }
}

#[test]
fn a_delivery_attaches_unpadded_base64url_under_the_entry_id() {
    let expected = |kind: &str| {
        json!({
            "@type": format!("https://didcomm.org/{kind}/delivery"), "@id": ID, "~thread": { "thid": "request-0001" },
            "~attach": [{ "@id": ENTRY, "data": { "base64": "eyJhIjoi4oKs4oKsIn0" } }],
        })
    };
    let reply = Reply::Delivery { items: items(r#"{"a":"€€"}"#), key: None };
    assert_eq!(said(&V2_0, &reply), expected("messagepickup/2.0"));
    assert_eq!(said(&V4_0, &reply), expected("message-pickup/4.0"));
}

#[test]
fn a_delivery_repeats_the_filter_as_it_was_given() {
    let reply = Reply::Delivery { items: items("{}"), key: Some(key(RAW_KEY)) };
    assert_eq!(said(&V2_0, &reply)["recipient_key"], RAW_KEY);
    assert_eq!(said(&V4_0, &reply)["recipient_did"], RAW_KEY);
}

#[test]
fn a_live_delivery_has_no_thread() {
    assert_eq!(
        volunteered(&V2_0, &Reply::Delivery { items: items("{}"), key: None }).get("~thread"),
        None
    );
}

#[test]
fn a_delivery_keeps_the_order_of_its_items() {
    let items = (0..3)
        .map(|n| Attached { id: format!("entry-{n}"), envelope: Bytes::from_static(b"{}") })
        .collect();
    let said = said(&V2_0, &Reply::Delivery { items, key: None });
    let ids: Vec<&str> = said["~attach"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["@id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["entry-0", "entry-1", "entry-2"]);
}

#[test]
fn nothing_waiting_is_a_status_in_version_2_and_an_empty_delivery_in_version_4() {
    let reply = Reply::NothingWaiting(PickupStatus::default());
    assert_eq!(said(&V2_0, &reply)["@type"], "https://didcomm.org/messagepickup/2.0/status");
    let empty = said(&V4_0, &reply);
    assert_eq!(
        (&empty["@type"], &empty["~attach"]),
        (&json!("https://didcomm.org/message-pickup/4.0/delivery"), &json!([]))
    );
}

#[test]
fn a_batch_has_both_ids_and_the_message_as_an_object() {
    let entry = json!({ "@id": ENTRY, "id": ENTRY, "message": { "protected": "p", "iv": "i" } });
    let batch = said(&V1_0, &Reply::Batch(items(r#"{"protected":"p","iv":"i"}"#)));
    assert_eq!(batch["@type"], "https://didcomm.org/messagepickup/1.0/batch");
    assert_eq!(batch["messages~attach"], json!([entry]));
    let listed = said(&V1_0, &Reply::Listed(items(r#"{"protected":"p","iv":"i"}"#)));
    assert_eq!(listed["@type"], "https://didcomm.org/messagepickup/1.0/list-response");
    assert_eq!(listed["messages~attach"], json!([entry]));
}

#[test]
fn an_empty_batch_is_an_empty_list() {
    assert_eq!(said(&V1_0, &Reply::Batch(vec![]))["messages~attach"], json!([]));
}

#[test]
fn an_item_that_is_no_json_spoils_no_batch() {
    assert_eq!(
        said(&V1_0, &Reply::Batch(items("{broken")))["messages~attach"][0]["message"],
        "{broken"
    );
}

#[test]
fn the_announced_length_of_an_item_is_an_upper_bound() {
    for length in 0..100 {
        let item = Attached { id: ENTRY.into(), envelope: vec![b'x'; length].into() };
        let one =
            V2_0.encode(&Reply::Delivery { items: vec![item.clone()], key: None }, None, ID).len();
        let none = V2_0.encode(&Reply::Delivery { items: vec![], key: None }, None, ID).len();
        assert!(one - none <= item.encoded_len());
        let one = V1_0.encode(&Reply::Batch(vec![item.clone()]), None, ID).len();
        let none = V1_0.encode(&Reply::Batch(vec![]), None, ID).len();
        assert!(one - none <= item.encoded_len());
    }
}
