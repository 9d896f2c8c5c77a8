use serde_json::{Value, json};

use super::*;
use crate::testing::{ID, LEGACY, refused, said, understood};
use crate::{Command, DIALECTS, Fault, FeatureQuery, Reply, limits};

fn queries(kind: &str, body: Value) -> Vec<FeatureQuery> {
    match understood(kind, body) {
        Command::Features(queries) => queries,
        other => panic!("{other:?}"),
    }
}

fn protocols(query: &str) -> Vec<String> {
    disclose(&queries("discover-features/1.0/query", json!({ "query": query })))
        .into_iter()
        .map(|found| found.id.into())
        .collect()
}

#[test]
fn the_exact_question_of_credo_is_answered_with_the_exact_identifier() {
    let queries = queries(
        "discover-features/1.0/query",
        json!({ "query": "https://didcomm.org/messagepickup/2.0" }),
    );
    let expected = json!({
        "@type": "https://didcomm.org/discover-features/1.0/disclose", "@id": ID, "~thread": { "thid": "request-0001" },
        "protocols": [{ "pid": "https://didcomm.org/messagepickup/2.0", "roles": ["mediator"] }],
    });
    assert_eq!(said(&V1_0, &Reply::Features(disclose(&queries))), expected);
}

#[test]
fn what_we_do_not_speak_is_not_disclosed() {
    for query in [
        "https://didcomm.org/push-notifications-fcm/1.0",
        "https://didcomm.org/messagepickup/3.0",
        "",
        "messagepickup",
    ] {
        assert_eq!(protocols(query), [""; 0], "{query}");
    }
    assert!(!protocols("*").iter().any(|pid| pid.contains("basicmessage")));
}

#[test]
fn everything_that_we_speak_is_disclosed_once() {
    let spoken: Vec<String> = DIALECTS
        .iter()
        .filter(|dialect| dialect.disclosed())
        .map(|dialect| dialect.protocol().uri())
        .collect();
    assert_eq!(protocols("*"), spoken);
    assert_eq!(protocols("https://didcomm.org/didexchange/1.*").len(), 2);
}

#[test]
fn the_old_prefix_finds_the_same() {
    assert_eq!(
        protocols(&format!("{LEGACY}messagepickup/1.*")),
        ["https://didcomm.org/messagepickup/1.0"]
    );
}

#[test]
fn several_queries_of_version_2_disclose_every_feature_once() {
    let queries = queries(
        "discover-features/2.0/queries",
        json!({ "queries": [
            { "feature-type": "protocol", "match": "https://didcomm.org/routing/*" },
            { "feature-type": "protocol", "match": "*/routing/1.0" },
            { "feature-type": "aip" },
            { "feature-type": "gov-fw", "match": "*" },
        ] }),
    );
    let expected = json!([
        { "feature-type": "protocol", "id": "https://didcomm.org/routing/1.0", "roles": ["mediator"] },
        { "feature-type": "aip", "id": "AIP2.0" },
        { "feature-type": "aip", "id": "AIP2.0/MEDIATE" },
    ]);
    let said = said(&V2_0, &Reply::Features(disclose(&queries)));
    assert_eq!(said["@type"], "https://didcomm.org/discover-features/2.0/disclosures");
    assert_eq!(said["disclosures"], expected);
}

#[test]
fn disclosures_of_the_peer_are_ignored() {
    for kind in [
        "discover-features/1.0/disclose",
        "discover-features/2.0/disclosures",
        "discover-features/2.0/disclose",
    ] {
        assert!(matches!(understood(kind, json!({})), Command::Ignored), "{kind}");
    }
}

#[test]
fn endless_questions_are_refused() {
    let long = "*".repeat(limits::FEATURE_PATTERN + 1);
    assert_eq!(
        refused("discover-features/1.0/query", json!({ "query": long })).fault,
        Fault::TooLarge
    );
    let one = json!({ "feature-type": "protocol", "match": long });
    assert_eq!(
        refused("discover-features/2.0/queries", json!({ "queries": [one] })).fault,
        Fault::TooLarge
    );
    let many = vec![json!({ "feature-type": "protocol" }); limits::FEATURE_QUERIES + 1];
    assert_eq!(
        refused("discover-features/2.0/queries", json!({ "queries": many })).fault,
        Fault::TooLarge
    );
    assert!(matches!(
        refused("discover-features/1.0/query", json!({ "query": 7 })).fault,
        Fault::Malformed(_)
    ));
}
