use didcomm::{VerKey, base64};
use serde_json::{Value, json};

use super::*;
use crate::testing::{DID_KEY, ID, LEGACY, RAW_KEY, understood};
use crate::{Command, Dialect, Handshake, Head, Reply, limits};

fn invitation() -> Invitation {
    Invitation {
        id: "69212a3a-d068-4f9d-a2dd-4741bca89af3".into(),
        label: "Mediator".into(),
        key: VerKey::parse(DID_KEY).unwrap(),
        endpoint: "https://mediator.example/".into(),
        goal_code: Some("aries.vc.mediate".into()),
        goal: Some("Request mediation".into()),
        image_url: None,
    }
}

fn read_value(message: &Value) -> Result<ReceivedInvitation, InvitationError> {
    ReceivedInvitation::read(&message.to_string())
}

#[test]
fn an_invitation_is_written_as_wallets_read_it() {
    let expected = json!({
        "@type": "https://didcomm.org/out-of-band/1.1/invitation", "@id": "69212a3a-d068-4f9d-a2dd-4741bca89af3",
        "label": "Mediator", "goal_code": "aries.vc.mediate", "goal": "Request mediation",
        "accept": ["didcomm/aip1", "didcomm/aip2;env=rfc19"],
        "handshake_protocols": ["https://didcomm.org/didexchange/1.1", "https://didcomm.org/didexchange/1.0", "https://didcomm.org/connections/1.0"],
        "services": [{ "id": "#inline", "type": "did-communication", "recipientKeys": [DID_KEY], "routingKeys": [], "serviceEndpoint": "https://mediator.example/" }],
    });
    assert_eq!(invitation().to_json(), expected);
}

#[test]
fn optional_members_are_left_out_and_a_picture_is_named_as_agents_do() {
    let bare = Invitation {
        goal: None,
        goal_code: None,
        image_url: Some("https://m.example/i.png".into()),
        ..invitation()
    }
    .to_json();
    assert_eq!((bare.get("goal"), bare.get("goal_code")), (None, None));
    assert_eq!(bare["imageUrl"], "https://m.example/i.png");
}

#[test]
fn a_link_is_unpadded_and_comes_back() {
    for label in ["a", "ab", "abc", "ü💌"] {
        let invitation = Invitation { label: label.into(), ..invitation() };
        let url = invitation.to_url("https://mediator.example/");
        assert!(url.starts_with("https://mediator.example/?oob=eyJ"));
        assert!(!url.ends_with('='));
        let read = ReceivedInvitation::read(&url).unwrap();
        assert_eq!((read.id, read.label), (invitation.id, label.to_owned()));
        assert_eq!(
            read.handshakes,
            [Handshake::DidExchange11, Handshake::DidExchange10, Handshake::Connections]
        );
        let service = Service::Inline {
            recipient_keys: vec![invitation.key],
            routing_keys: vec![],
            endpoint: invitation.endpoint,
        };
        assert_eq!(read.services, [service]);
    }
}

#[test]
fn a_base_with_a_query_or_a_fragment_keeps_it() {
    let starts =
        |base: &str, start: &str| assert!(invitation().to_url(base).starts_with(start), "{base}");
    starts("https://m.example/i?x=1", "https://m.example/i?x=1&oob=");
    starts("https://m.example/i?", "https://m.example/i?oob=");
    starts("https://m.example/i?x=1&", "https://m.example/i?x=1&oob=");
    let url = invitation().to_url("https://m.example/i#top");
    assert!(url.starts_with("https://m.example/i?oob=") && url.ends_with("#top"));
    assert!(ReceivedInvitation::read(&url).is_ok());
}

#[test]
fn padded_and_escaped_links_are_read() {
    let text = invitation().to_json().to_string();
    let padded = |text: &str| text.to_owned() + &"=".repeat((4 - text.len() % 4) % 4);
    for spaces in 0..3 {
        let value = padded(&base64::encode((text.clone() + &" ".repeat(spaces)).as_bytes()));
        assert!(ReceivedInvitation::read(&format!("https://m.example?oob={value}")).is_ok());
        assert!(
            ReceivedInvitation::read(&format!(
                "https://m.example?a=b&oob={}",
                value.replace('=', "%3D")
            ))
            .is_ok()
        );
        let standard = value.replace('-', "%2B").replace('_', "%2F");
        assert!(ReceivedInvitation::read(&format!("didcomm://invite?oob={standard}")).is_ok());
    }
}

#[test]
fn old_prefixes_and_version_1_0_are_read() {
    let mut message = invitation().to_json();
    message["@type"] = json!(format!("{LEGACY}out-of-band/1.0/invitation"));
    message["handshake_protocols"] =
        json!([format!("{LEGACY}didexchange/1.0"), "https://other.example/didexchange/1.0", "x"]);
    assert_eq!(read_value(&message).unwrap().handshakes, [Handshake::DidExchange10]);
}

#[test]
fn a_connections_invitation_with_raw_keys_is_read() {
    let message = json!({
        "@type": "https://didcomm.org/connections/1.0/invitation", "@id": "8a1c0f5e-0001", "label": "Mediator",
        "recipientKeys": [RAW_KEY], "serviceEndpoint": "https://mediator.example/", "routingKeys": [],
    });
    let read = ReceivedInvitation::read(&format!(
        "https://m.example?c_i={}",
        base64::encode(message.to_string().as_bytes())
    ))
    .unwrap();
    assert_eq!(read.handshakes, [Handshake::Connections]);
    assert!(
        matches!(&read.services[..], [Service::Inline { recipient_keys, .. }] if recipient_keys[0].to_string() == RAW_KEY)
    );
}

#[test]
fn a_did_is_a_service_in_both_forms() {
    let mut message = invitation().to_json();
    message["services"] = json!(["did:web:m.example"]);
    assert_eq!(read_value(&message).unwrap().services, [Service::Did("did:web:m.example".into())]);
    let legacy = json!({ "@type": "https://didcomm.org/connections/1.0/invitation", "@id": "8a1c0f5e-0001", "did": "did:sov:x" });
    assert_eq!(read_value(&legacy).unwrap().services, [Service::Did("did:sov:x".into())]);
}

#[test]
fn what_is_no_invitation_says_why() {
    let read = |text: &str| ReceivedInvitation::read(text).unwrap_err();
    assert_eq!(read("https://m.example/"), InvitationError::NoInvitation);
    assert_eq!(read("https://m.example/?x=y#oob=abc"), InvitationError::NoInvitation);
    assert_eq!(read("https://m.example/?oob=ä!"), InvitationError::BadEncoding);
    assert_eq!(read("https://m.example/?oob=AAAA"), InvitationError::NotAnInvitation);
    assert_eq!(
        read("{\"@type\":\"https://didcomm.org/trust_ping/1.0/ping\",\"@id\":\"x\"}"),
        InvitationError::NotAnInvitation
    );
    assert_eq!(
        read(&format!("https://m.example/?oob={}", "A".repeat(limits::INVITATION * 3))),
        InvitationError::TooLarge
    );
    let mut unusable = invitation().to_json();
    unusable["services"][0]["recipientKeys"] = json!([]);
    assert_eq!(read_value(&unusable), Err(InvitationError::NoService));
    unusable["services"][0]["recipientKeys"] = json!(["junk"]);
    assert_eq!(read_value(&unusable), Err(InvitationError::NoService));
}

#[test]
fn reuse_is_accepted_in_the_version_and_both_threads_of_the_request() {
    let request = br#"{"@type":"https://didcomm.org/out-of-band/1.0/handshake-reuse","@id":"reuse-0001","~thread":{"thid":"reuse-0001","pthid":"invitation-1"}}"#;
    let inbound = crate::decode(request).unwrap();
    assert!(matches!(inbound.command, Command::Reuse));
    let said = crate::testing::parsed(&inbound.dialect.encode(
        &Reply::ReuseAccepted,
        Some(&inbound.head),
        ID,
    ));
    let expected = json!({
        "@type": "https://didcomm.org/out-of-band/1.0/handshake-reuse-accepted", "@id": ID,
        "~thread": { "thid": "reuse-0001", "pthid": "invitation-1" },
    });
    assert_eq!(said, expected);
    assert!(matches!(understood("out-of-band/1.1/handshake-reuse", json!({})), Command::Reuse));
}

#[test]
fn a_reuse_without_parent_thread_is_answered_without() {
    let head = Head::read(br#"{"@id":"reuse-0001"}"#).unwrap();
    let said = crate::testing::parsed(&V1_1.encode(&Reply::ReuseAccepted, Some(&head), ID));
    assert_eq!(said["~thread"], json!({ "thid": "reuse-0001" }));
}
