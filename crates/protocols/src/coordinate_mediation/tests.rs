use didcomm::{Destination, VerKey};
use serde_json::{Value, json};

use super::V1_0;
use crate::testing::{DID_KEY, ID, RAW_KEY, refused, said, understood};
use crate::{
    Action, Command, Fault, KeyResult, KeyUpdate, KeyUpdated, Page, PageInfo, Problem, Reply,
    limits,
};

const AGREEMENT: &str = "did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F";

fn updates(updates: Value) -> Vec<KeyUpdate> {
    match understood("coordinate-mediation/1.0/keylist-update", json!({ "updates": updates })) {
        Command::KeylistUpdate(updates) => updates,
        other => panic!("{other:?}"),
    }
}

fn page(paginate: Value) -> Option<Page> {
    match understood(
        "coordinate-mediation/1.0/keylist-query",
        json!({ "filter": {}, "paginate": paginate }),
    ) {
        Command::KeylistQuery(page) => page,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_with_terms_of_old_drafts_is_a_request() {
    let body =
        json!({ "mediator_terms": [], "recipient_terms": ["x"], "~l10n": { "locale": "en" } });
    assert!(matches!(
        understood("coordinate-mediation/1.0/mediate-request", body),
        Command::MediateRequest
    ));
}

#[test]
fn a_grant_carries_keys_without_fragment() {
    let keys = vec![VerKey::parse(RAW_KEY).unwrap(), VerKey::parse(DID_KEY).unwrap()];
    let said = said(
        &V1_0,
        &Reply::Grant { endpoint: "https://mediator.example/".into(), routing_keys: keys.clone() },
    );
    let expected = json!({
        "@type": "https://didcomm.org/coordinate-mediation/1.0/mediate-grant", "@id": ID, "~thread": { "thid": "request-0001" },
        "endpoint": "https://mediator.example/", "routing_keys": [keys[0].to_did_key(), DID_KEY],
    });
    assert_eq!(said, expected);
    assert!(!said.to_string().contains('#'));
}

#[test]
fn a_denial_has_no_terms() {
    let expected = json!({ "@type": "https://didcomm.org/coordinate-mediation/1.0/mediate-deny", "@id": ID, "~thread": { "thid": "request-0001" } });
    assert_eq!(said(&V1_0, &Reply::Deny), expected);
}

#[test]
fn updates_keep_their_order_and_their_spelling() {
    let updates = updates(json!([
        { "recipient_key": DID_KEY, "action": "add" },
        { "recipient_key": RAW_KEY, "action": "remove" },
    ]));
    assert_eq!(
        updates.iter().map(|update| update.text.as_str()).collect::<Vec<_>>(),
        [DID_KEY, RAW_KEY]
    );
    assert_eq!(
        updates.iter().map(|update| update.action).collect::<Vec<_>>(),
        [Some(Action::Add), Some(Action::Remove)]
    );
    assert_eq!(updates[1].destination, Some(Destination::parse(RAW_KEY).unwrap()));
}

#[test]
fn an_update_that_makes_no_sense_has_its_own_line() {
    let updates = updates(json!([
        { "recipient_key": "junk", "action": "add" },
        { "recipient_key": RAW_KEY, "action": "ADD" },
        { "recipient_key": 7 },
        {},
    ]));
    assert_eq!(updates.len(), 4);
    assert_eq!((&updates[0].destination, updates[0].action), (&None, Some(Action::Add)));
    assert_eq!((updates[1].action, updates[1].action_text.as_str()), (None, "ADD"));
    assert_eq!((updates[2].text.as_str(), updates[2].action), ("7", None));
    assert_eq!(updates[3].destination, None);
}

#[test]
fn too_many_updates_and_no_updates_are_refused() {
    let many = vec![json!({ "recipient_key": RAW_KEY, "action": "add" }); limits::KEY_UPDATES + 1];
    let fault = |updates: Value| {
        refused("coordinate-mediation/1.0/keylist-update", json!({ "updates": updates })).fault
    };
    assert_eq!(fault(json!(many)), Fault::TooLarge);
    assert!(matches!(fault(json!("all")), Fault::Malformed(_)));
    assert!(matches!(
        refused("coordinate-mediation/1.0/keylist-update", json!({})).fault,
        Fault::Malformed(_)
    ));
}

#[test]
fn the_answer_to_updates_repeats_the_received_texts() {
    let line = |text: &str, action: &str, result| KeyUpdated {
        text: text.into(),
        action_text: action.into(),
        result,
    };
    let said = said(
        &V1_0,
        &Reply::KeylistUpdated(vec![
            line(DID_KEY, "add", KeyResult::Success),
            line(RAW_KEY, "remove", KeyResult::NoChange),
            line("junk", "ADD", KeyResult::ClientError),
        ]),
    );
    assert_eq!(
        said["@type"],
        "https://didcomm.org/coordinate-mediation/1.0/keylist-update-response"
    );
    let expected = json!([
        { "recipient_key": DID_KEY, "action": "add", "result": "success" },
        { "recipient_key": RAW_KEY, "action": "remove", "result": "no_change" },
        { "recipient_key": "junk", "action": "ADD", "result": "client_error" },
    ]);
    assert_eq!(said["updated"], expected);
}

#[test]
fn a_page_without_a_sensible_limit_has_none() {
    assert_eq!(page(json!(null)), None);
    assert_eq!(
        page(json!({ "limit": 30, "offset": 5 })),
        Some(Page { limit: Some(30), offset: 5 })
    );
    for limit in [json!(-1), json!(0), json!(null)] {
        assert_eq!(page(json!({ "limit": limit })), Some(Page { limit: None, offset: 0 }));
    }
    assert_eq!(page(json!({ "limit": 2, "offset": -9 })), Some(Page { limit: Some(2), offset: 0 }));
}

#[test]
fn a_keylist_is_written_in_did_key_form_whatever_was_registered() {
    let keys = vec![Destination::parse(RAW_KEY).unwrap(), Destination::parse(AGREEMENT).unwrap()];
    let said =
        said(&V1_0, &Reply::Keylist { keys, page: Some(PageInfo { offset: 3, remaining: 4 }) });
    let did_key = VerKey::parse(RAW_KEY).unwrap().to_did_key();
    assert_eq!(said["keys"], json!([{ "recipient_key": did_key }, { "recipient_key": AGREEMENT }]));
    assert_eq!(said["pagination"], json!({ "count": 2, "offset": 3, "remaining": 4 }));
}

#[test]
fn a_keylist_that_was_not_asked_for_by_page_has_no_pagination() {
    assert_eq!(said(&V1_0, &Reply::Keylist { keys: vec![], page: None }).get("pagination"), None);
}

#[test]
fn missing_mediation_is_reported_as_acapy_does() {
    let said = said(&V1_0, &Reply::Problem(Problem::MEDIATION_NOT_GRANTED));
    assert_eq!(said["@type"], "https://didcomm.org/coordinate-mediation/1.0/problem-report");
    let expected = json!({ "en": "Mediation has not been granted for this connection", "code": "mediation_not_granted" });
    assert_eq!(said["description"], expected);
}
