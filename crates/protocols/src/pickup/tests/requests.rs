//! What wallets ask for.

use serde_json::{Value, json};

use super::key;
use crate::testing::{DID_KEY, RAW_KEY, refused, told, understood};
use crate::{Command, Fault, limits};

const ENTRY: &str = "06ca25f6-d3c5-48ac-8eee-1a9e29120c31";

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
