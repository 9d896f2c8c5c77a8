//! Whatever is posted has an answer, and harms nobody.

use bytes::Bytes;
use didcomm::base64;
use protocols::{Handshake, client};
use testkit::{Agent, History, Parcel, Posted, Server, ServerOptions, Wallet, forward};

use crate::habits::{drain, kept_promise, one_wallet, send_all, sender};

const ENVELOPE: &str = "application/didcomm-envelope-enc";

/// A valid forward, to be spoiled.
struct Sound {
    text: String,
}

impl Sound {
    fn of(wallet: &Wallet) -> Self {
        let forward = wallet.agent().forward(Parcel { to: 1, number: 7_777 });
        Self { text: String::from_utf8(forward.to_vec()).expect("JSON is text") }
    }

    /// With this member replaced by the value that `change` makes of it.
    fn with(&self, member: &str, change: impl Fn(&str) -> String) -> Bytes {
        let mut envelope: serde_json::Value = serde_json::from_str(&self.text).expect("JSON");
        let changed = change(envelope[member].as_str().expect("a text"));
        envelope[member] = changed.into();
        Bytes::from(envelope.to_string())
    }

    /// With its header changed as text.
    fn with_header(&self, from: &str, to: &str) -> Bytes {
        self.with("protected", |protected| {
            let header = base64::decode(protected, 1 << 16).expect("base64");
            base64::encode(String::from_utf8(header).expect("text").replace(from, to).as_bytes())
        })
    }
}

fn first_character_changed(text: &str) -> String {
    let first = if text.starts_with('A') { "B" } else { "A" };
    format!("{first}{}", &text[1..])
}

fn spoiled(wallet: &Wallet) -> Vec<(&'static str, Bytes, u16)> {
    let sound = Sound::of(wallet);
    let text = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep_member = format!(r#"{{"protected":{deep},"iv":"","ciphertext":"","tag":""}}"#);
    vec![
        ("nothing", Bytes::new(), 400),
        ("junk", Bytes::from_static(&[0, 159, 146, 150, 255, 0, 1, 2]), 400),
        ("text", text("hello"), 400),
        ("another JSON", text("[1,2,3]"), 400),
        ("an empty object", text("{}"), 400),
        (
            "members of other types",
            text(r#"{"protected":1,"iv":null,"ciphertext":[],"tag":{}}"#),
            400,
        ),
        ("deep JSON", text(&deep), 400),
        ("deep JSON in a member", text(&deep_member), 400),
        ("half an envelope", text(&sound.text[..sound.text.len() / 2]), 400),
        ("an envelope and something behind it", text(&format!("{}x", sound.text)), 400),
        ("bad base64", sound.with("ciphertext", |_| "!!!!".to_owned()), 400),
        ("a short tag", sound.with("tag", |_| "AAAA".to_owned()), 400),
        ("a changed tag", sound.with("tag", first_character_changed), 400),
        ("a changed ciphertext", sound.with("ciphertext", first_character_changed), 400),
        ("a changed iv", sound.with("iv", first_character_changed), 400),
        ("another algorithm", sound.with_header("Anoncrypt", "Nocrypt"), 400),
        ("another type", sound.with_header("JWM/1.0", "JWM/9.0"), 400),
        ("a header that is no JSON", sound.with_header("{", "("), 400),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn spoiled_envelopes_are_refused_and_change_nothing() {
    let server = Server::start().await;
    let (wallet, history) = one_wallet(&server).await;
    let stranger = sender(&server, &history);
    send_all(&stranger, &wallet, 0..3).await;
    for (what, body, status) in spoiled(&wallet) {
        match stranger.post(&body).await {
            Posted::Refused(answered, _) => assert_eq!(answered, status, "{what}"),
            other => panic!("{what} was answered by {other:?}"),
        }
    }
    send_all(&stranger, &wallet, 3..6).await;
    kept_promise(&history, async { assert_eq!(drain(&wallet).await, 6) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_for_us_is_refused() {
    let server = Server::start_with(ServerOptions::with(&["mediation.patience=50ms"])).await;
    let (wallet, history) = one_wallet(&server).await;
    let stranger = Wallet::connected(&server, 9, &history, Handshake::DidExchange11, None).await;
    stranger.be_granted().await;
    let unknown = stranger.agent().forward(Parcel { to: 9, number: 0 });
    let not_ours = forward(
        &Parcel { to: 1, number: 0 }.write(),
        wallet.agent().mail_key(),
        &[Agent::new(5, 5).key()],
    );
    let no_envelope = wallet.agent().forward_envelope(br#"{"hello":"world"}"#);
    let invitation = stranger.invitation().await;
    let anonymous =
        didcomm::seal_anon(&client::noop("1"), &[invitation.key]).expect("a key").into_bytes();
    let known_key = wallet.agent().peer().expect("connected").theirs();
    let pretender =
        didcomm::seal_anon(&client::noop("1"), &[known_key]).expect("a key").into_bytes();
    for (what, body, status) in [
        ("a forward to a key that nobody lists", unknown, 404),
        ("an envelope for somebody else", not_ours, 400),
        ("a forward of something that is no envelope", no_envelope, 400),
        ("a request from nobody to the invitation", anonymous, 401),
        ("a request from nobody to a connection", pretender, 401),
    ] {
        match stranger.post(&body).await {
            Posted::Refused(answered, _) => assert_eq!(answered, status, "{what}"),
            other => panic!("{what} was answered by {other:?}"),
        }
    }
    assert_eq!(drain(&wallet).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_a_size_and_a_type() {
    let server = Server::start().await;
    let (wallet, history) = one_wallet(&server).await;
    let stranger = sender(&server, &history);
    let huge = stranger.post(&Bytes::from(vec![b'{'; 5 << 20])).await;
    assert!(matches!(huge, Posted::Refused(413, _) | Posted::Cut), "{huge:?}");
    let sound = wallet.agent().forward(Parcel { to: 1, number: 0 });
    let picture = stranger.post_as(&sound, "image/png").await;
    assert!(matches!(picture, Posted::Refused(415, _)), "{picture:?}");
    assert_eq!(drain(&wallet).await, 0);
    for kind in [ENVELOPE, "application/ssi-agent-wire", "application/json"] {
        assert_eq!(stranger.post_as(&sound, kind).await, Posted::Accepted, "{kind}");
    }
    assert_eq!(drain(&wallet).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_handshake_gets_the_same_answer_and_changes_nothing() {
    let server = Server::start().await;
    let history = History::default();
    for (number, handshake) in (1..).zip([Handshake::DidExchange11, Handshake::Connections]) {
        let wallet = Wallet::stranger(server.address(), number, &history);
        let invited = wallet.invitation().await;
        let request = wallet.agent().request(handshake, &invited, None);
        let Posted::Answered(first) = wallet.post(&request.envelope).await else {
            panic!("no response")
        };
        wallet.agent().accept(&request, &invited, &first).expect("a response");
        wallet.be_mediated().await;
        let theirs = wallet.agent().peer().expect("connected").theirs();
        let Posted::Answered(second) = wallet.post(&request.envelope).await else {
            panic!("no second response")
        };
        wallet.agent().accept(&request, &invited, &second).expect("the response again");
        assert_eq!(wallet.agent().peer().expect("connected").theirs(), theirs);
        send_all(&sender(&server, &history), &wallet, 0..2).await;
        assert_eq!(drain(&wallet).await, 2);
    }
}
