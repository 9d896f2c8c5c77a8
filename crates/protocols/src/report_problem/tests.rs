use serde_json::{Value, json};

use super::V1_0;
use crate::testing::{said, understood};
use crate::{
    Command, Dialect, Fault, Problem, Reply, Report, connections, coordinate_mediation,
    did_exchange, limits, pickup,
};

fn report(body: Value) -> Report {
    match understood("notification/1.0/problem-report", body) {
        Command::ProblemReport(report) => report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_shape_of_a_report_is_read() {
    let both = Report { code: Some("c".into()), text: Some("t".into()) };
    assert_eq!(report(json!({ "description": { "code": "c", "en": "t" } })), both);
    assert_eq!(report(json!({ "problem-code": "c", "explain": "t" })), both);
    assert_eq!(
        report(json!({ "description": "t" })),
        Report { code: None, text: Some("t".into()) }
    );
    assert_eq!(report(json!({ "description": [] })), Report::default());
}

#[test]
fn texts_of_a_report_are_shortened() {
    let long = "é".repeat(10_000);
    assert_eq!(report(json!({ "description": long })).text.unwrap().chars().count(), limits::LABEL);
}

#[test]
fn handshakes_are_reported_in_both_shapes_with_an_underscore() {
    for (dialect, kind) in [
        (&connections::V1_0 as &dyn Dialect, "connections/1.0"),
        (&did_exchange::V1_0, "didexchange/1.0"),
        (&did_exchange::V1_1, "didexchange/1.1"),
    ] {
        let said = said(dialect, &Reply::Problem(Problem::REQUEST_NOT_ACCEPTED));
        assert_eq!(said["@type"], format!("https://didcomm.org/{kind}/problem_report"));
        assert_eq!(
            (&said["problem-code"], &said["description"]["code"]),
            (&json!("request_not_accepted"), &json!("request_not_accepted"))
        );
        assert_eq!(said["explain"], said["description"]["en"]);
        assert_eq!(said["~thread"], json!({ "thid": "request-0001" }));
    }
}

#[test]
fn each_protocol_reports_under_its_own_type() {
    for (dialect, kind) in [
        (&V1_0 as &dyn Dialect, "notification/1.0/problem-report"),
        (&coordinate_mediation::V1_0, "coordinate-mediation/1.0/problem-report"),
        (&pickup::V1_0, "notification/1.0/problem-report"),
        (&pickup::V2_0, "notification/1.0/problem-report"),
        (&pickup::V4_0, "message-pickup/4.0/problem-report"),
    ] {
        let said = said(dialect, &Reply::Problem(Problem::LIVE_MODE_NOT_SUPPORTED));
        assert_eq!(said["@type"], format!("https://didcomm.org/{kind}"));
        let description = json!({ "en": "Connection does not support Live Delivery", "code": "e.m.live-mode-not-supported" });
        assert_eq!(said["description"], description);
        assert_eq!(said["~thread"], json!({ "thid": "request-0001", "pthid": "request-0001" }));
    }
}

#[test]
fn a_fault_tells_what_was_wrong_without_quoting_the_message() {
    assert_eq!(
        Fault::Malformed("`limit` is no whole number").problem().text,
        "`limit` is no whole number"
    );
    assert_eq!(Fault::UnknownType.problem(), Problem::MESSAGE_PARSE_FAILURE);
    assert_eq!(Fault::TooLarge.problem().code, "message-parse-failure");
}
