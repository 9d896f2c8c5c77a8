//! A mediator with one wallet that has listed a key, and forwards for that key.
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use didcomm::{Destination, SecretKey, VerKey};
use mediator::{Carried, Carrier, End, Identity, Mediator, RootSecret, Settings};
use serde_json::json;
use store::{Clock, KeyAction, KeyChange, Mediation, RecipientId, Stores, Timestamp};

/// The wallet that everything is forwarded to.
pub const WALLET: RecipientId = RecipientId([9; 16]);

/// A clock that goes on by a millisecond a look.
#[derive(Default)]
pub struct StepClock(AtomicU64);

impl Clock for StepClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000 + self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Nobody has an address here.
struct NoCarrier;

#[async_trait]
impl Carrier for NoCarrier {
    async fn carry(&self, _: &str, _: &[Bytes]) -> Carried {
        Carried { taken: 0, end: End::Failed("nowhere to go".to_owned()) }
    }
}

/// A mediator over `stores` whose wallet has listed [`wallet_key`].
///
/// # Panics
/// If the stores fail.
pub async fn mediator(stores: Stores, clock: Arc<dyn Clock>) -> Arc<Mediator> {
    let change = KeyChange { destination: Destination::Key(wallet_key()), action: KeyAction::Add };
    stores.keylists.set_status(WALLET, Mediation::Granted).await.expect("a grant");
    stores.keylists.update(WALLET, &[change], 10).await.expect("a keylist");
    let settings = Settings::at("http://127.0.0.1:8080", "ws://127.0.0.1:8080");
    Mediator::new(settings, identity(), stores, clock, Arc::new(NoCarrier))
}

/// The mediator's identity.
pub fn identity() -> Identity {
    Identity::from_root(RootSecret::new([5; 32]))
}

/// The key that the wallet has listed.
pub fn wallet_key() -> VerKey {
    SecretKey::from_seed([3; 32]).verkey()
}

/// An envelope for the wallet whose ciphertext has `bytes` bytes of text; another `number` makes another envelope. It cannot be opened.
pub fn inner(number: u64, bytes: usize) -> String {
    let ciphertext = format!("{number:020}{}", "A".repeat(bytes.saturating_sub(20)));
    json!({ "protected": "cHJvdGVjdGVk", "iv": "aXYtaXYtaXYt", "ciphertext": ciphertext, "tag": "dGFnLXRhZy10YWctdGFn" })
        .to_string()
}

/// A sealed forward of 2 KB to the wallet.
///
/// # Panics
/// Never, with keys that are keys.
pub fn forward(number: u64) -> Bytes {
    let head = format!(
        r#"{{"@type":"https://didcomm.org/routing/1.0/forward","@id":"{number:036}","to":"{}","msg":"#,
        wallet_key()
    );
    let words = format!("{head}{}}}", inner(number, 1_150));
    let routing = identity().routing().verkey();
    didcomm::seal_anon(words.as_bytes(), &[routing]).expect("a key").into_bytes()
}
