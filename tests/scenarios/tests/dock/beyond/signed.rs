//! Callbacks that can be told from forgeries.

use std::time::Duration;

use store::Timestamp;
use transport::dock::signature::{self, Forged, Keys, TOLERANCE};

use crate::backend::Call;
use crate::subject::Subject;
use crate::wall_clock::now;

const OLD: &str = "the old key, which is long";
const NEW: &str = "the new key, which is long";

fn check(key: &str, call: &Call, now: Timestamp) -> Result<(), Forged> {
    let keys = Keys::new([key.replace(' ', "_")]).expect("a long key");
    let header = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok());
    let timestamp = header(signature::TIMESTAMP).unwrap_or_default();
    let signature = header(signature::SIGNATURE).unwrap_or_default();
    signature::verify(&keys, now, TOLERANCE, (timestamp, signature), &call.body).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_callback_is_signed_with_every_key() {
    let keys = format!("{} {}", OLD.replace(' ', "_"), NEW.replace(' ', "_"));
    let dock = Subject::with_secrets(&[], &[("RESTANTE_DOCK__KEYS", &keys)]).await;
    let mut wallet = dock.dial().await;
    wallet.say("hello").await;
    wallet.close().await;
    for what in ["connect", "message", "disconnect"] {
        let call = dock.backend.call(what, 1).await;
        for key in [OLD, NEW] {
            assert_eq!(check(key, &call, now()), Ok(()), "{what}");
        }
        assert_eq!(check("somebody else's key", &call, now()), Err(Forged::Unknown));
        let later = now() + TOLERANCE * 2 + Duration::from_secs(2);
        assert_eq!(check(OLD, &call, later), Err(Forged::Stale));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_nothing_is_signed() {
    let dock = Subject::restante().await;
    let _wallet = dock.dial().await;
    let call = dock.backend.call("connect", 1).await;
    assert_eq!(check(OLD, &call, now()), Err(Forged::Unsigned));
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_bodies_nor_headers_nor_ids_are_logged() {
    let mut dock = Subject::restante().await;
    let secret = [("authorization", "Bearer hush-hush")];
    let mut wallet = crate::wallet::Wallet::dial_with(dock.address(), "/ws?t=whisper", &secret)
        .await
        .expect("a socket");
    wallet.say("between us").await;
    let id = dock.backend.call("message", 1).await.id().to_owned();
    wallet.close().await;
    dock.backend.call("disconnect", 1).await;
    let log = dock.server().log();
    for word in ["hush-hush", "between us", "whisper", &id] {
        assert!(!log.contains(word), "{word} in the log:\n{log}");
    }
}
