//! What they are told.

use bytes::Bytes;
use serde_json::json;

use super::key;
use crate::pickup::{V1_0, V2_0, V4_0};
use crate::testing::{DID_KEY, ID, RAW_KEY, said, volunteered};
use crate::{Attached, Dialect, PickupStatus, Reply};

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

fn items(envelope: &'static str) -> Vec<Attached> {
    vec![Attached { id: ENTRY.into(), envelope: Bytes::from_static(envelope.as_bytes()) }]
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
