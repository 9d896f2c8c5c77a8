//! The embedded store as the mediator uses it: dedupe, quota, expiry and waking are in its figures.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use didcomm::{Destination, VerKey};
use futures_util::future::join_all;
use store::{Appended, Clock, Demand, Letter, Mailbox, Position, Quota, RecipientId, Timestamp};
use store_embedded::{EmbeddedStore, Options};
use tokio::runtime::Runtime;

use crate::engine::{Engine, Id};

const MONTH: Duration = Duration::from_secs(30 * 86_400);
/// How long envelopes are remembered here: short enough that forgetting is in the figures of a long run.
const REMEMBERED: Duration = Duration::from_secs(60);

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
    }
}

pub struct Restante {
    store: Arc<EmbeddedStore>,
    runtime: Runtime,
}

impl Restante {
    pub fn open(dir: &Path) -> Self {
        let store = EmbeddedStore::open(dir, Options::default(), Arc::new(WallClock)).unwrap();
        Self { store, runtime: tokio::runtime::Builder::new_current_thread().build().unwrap() }
    }
}

impl Engine for Restante {
    fn commit(&mut self, next: u64, appends: Vec<(u64, Vec<u8>)>, removals: &[Id]) {
        let received = WallClock.now();
        let appends = (next..).zip(appends).map(|(number, (mailbox, value))| {
            self.store.append(owner(mailbox), letter(number, value, received))
        });
        self.runtime.block_on(async {
            for of_one in removals.chunk_by(|one, other| one.mailbox == other.mailbox) {
                let ids: Vec<_> =
                    of_one.iter().map(|id| Position::from_bytes(id.place.to_be_bytes())).collect();
                let removed = self.store.acknowledge(owner(of_one[0].mailbox), &ids, None).await;
                assert_eq!(removed, Ok(ids.len()));
            }
            for appended in join_all(appends).await {
                assert!(matches!(appended, Ok(Appended::Stored { .. })), "{appended:?}");
            }
        });
    }

    fn head(&self, mailbox: u64, _: u128, count: usize) -> Vec<Id> {
        let demand = Demand::of(count, usize::MAX);
        let mail = self.runtime.block_on(self.store.peek(owner(mailbox), &demand)).unwrap();
        mail.iter()
            .map(|mail| Id { mailbox, place: u128::from_be_bytes(mail.position.to_bytes()) })
            .collect()
    }
}

/// Ids are hashes: spread them.
fn owner(mailbox: u64) -> RecipientId {
    RecipientId(
        (u128::from(mailbox) + 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
            .to_be_bytes(),
    )
}

fn letter(number: u64, value: Vec<u8>, received: Timestamp) -> Letter {
    Letter {
        envelope: value.into(),
        destination: Destination::Key(VerKey::from_bytes([1; 32])),
        dedupe: owner(number).0,
        received,
        expires: received + MONTH,
        dedupe_window: REMEMBERED,
        quota: Quota { messages: u64::MAX, bytes: u64::MAX },
    }
}
