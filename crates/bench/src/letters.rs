//! Forwards, sealed before the clock runs.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use simulated::Parcel;

use crate::ledger::Ledger;
use crate::progress::Bar;
use crate::wallet::Wallet;

/// A sealed forward.
pub(crate) struct Letter {
    /// What is in it.
    pub parcel: Parcel,
    /// The forward, sealed for the mediator.
    pub envelope: Bytes,
}

/// Letters to one wallet after the other: those that are ready, and then new ones.
pub(crate) struct Letters {
    wallets: Arc<Vec<Arc<Wallet>>>,
    ledger: Arc<Ledger>,
    size: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ready: VecDeque<Letter>,
    turn: usize,
}

/// So many at most are kept ready: 2 KB each.
const READY_AT_MOST: usize = 100_000;

/// Sealed by one thread without a break.
const SEALED_AT_ONCE: usize = 500;

/// Bytes of a parcel that are not padding.
const PARCEL_ITSELF: usize = 80;

impl Letters {
    /// Letters to these wallets, with inner envelopes of `size` bytes.
    pub fn new(wallets: &Arc<Vec<Arc<Wallet>>>, ledger: &Arc<Ledger>, size: usize) -> Self {
        let (wallets, ledger) = (wallets.clone(), ledger.clone());
        Self { wallets, ledger, size, state: Mutex::default() }
    }

    /// Has so many ready, as far as there is room for them.
    pub async fn prepare(self: &Arc<Self>, count: usize) {
        let ready = self.state.lock().ready.len();
        let mut missing = count.min(READY_AT_MOST).saturating_sub(ready);
        let bar = Bar::new("sealing", missing as u64);
        while missing > 0 {
            let (some, letters) = (missing.min(SEALED_AT_ONCE), self.clone());
            let sealing = tokio::task::spawn_blocking(move || {
                let sealed: Vec<Letter> = (0..some).map(|_| letters.seal()).collect();
                letters.state.lock().ready.extend(sealed);
            });
            if sealing.await.is_err() {
                return;
            }
            bar.advance_by(some as u64);
            missing -= some;
        }
    }

    /// The next one.
    pub fn next(&self) -> Letter {
        let ready = self.state.lock().ready.pop_front();
        ready.unwrap_or_else(|| self.seal())
    }

    fn seal(&self) -> Letter {
        let to = {
            let mut state = self.state.lock();
            state.turn += 1;
            &self.wallets[(state.turn - 1) % self.wallets.len()]
        };
        let parcel = self.ledger.reserve(to.agent.number);
        let envelope = parcel.write_padded(self.size.saturating_sub(PARCEL_ITSELF));
        Letter { parcel, envelope: to.agent.forward_envelope(&envelope) }
    }
}
