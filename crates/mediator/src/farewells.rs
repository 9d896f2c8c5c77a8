//! What sessions leave behind when they end, given back also when the store is away just then.

use std::time::Duration;

use parking_lot::Mutex;
use store::{Epoch, Holder, RecipientId, Result, Timestamp};
use tokio::time::sleep;

use crate::Mediator;

/// The end of a session, as the store has to hear it.
#[derive(Debug)]
pub(crate) struct Farewell {
    pub owner: RecipientId,
    pub epoch: Epoch,
    /// Who else has mail in hand that was handed over here.
    pub on_request: Option<Holder>,
    /// Until when what is in flight stays so.
    pub linger: Timestamp,
}

/// Those that the store did not hear yet. Without them, mail would stay in the hands of sessions that are gone for as long as this
/// instance lives.
#[derive(Debug, Default)]
pub(crate) struct Farewells(Mutex<Vec<Farewell>>);

/// Milliseconds to wait after each of the first attempts; most failures are short.
const AT_ONCE: [u64; 3] = [20, 80, 200];

impl Mediator {
    /// Ends a session in the store, now or as soon as the store hears it.
    pub(crate) async fn part(&self, farewell: Farewell) {
        for wait in AT_ONCE {
            if self.try_part(&farewell).await.is_ok() {
                return;
            }
            sleep(Duration::from_millis(wait)).await;
        }
        self.farewells.0.lock().push(farewell);
    }

    /// Repeats the farewells that were not heard.
    pub(crate) async fn part_at_last(&self) {
        let unheard = std::mem::take(&mut *self.farewells.0.lock());
        for farewell in unheard {
            if self.try_part(&farewell).await.is_err() {
                self.farewells.0.lock().push(farewell);
            }
        }
    }

    async fn try_part(&self, farewell: &Farewell) -> Result<()> {
        let Farewell { owner, epoch, on_request, linger } = *farewell;
        let linger: Duration = linger.since(self.clock.now());
        let mailbox = &self.stores.mailbox;
        // The claim first: who finds the mailbox without a reader must be able to claim it.
        self.stores.presence.release(owner, epoch).await?;
        if let Some(on_request) = on_request {
            mailbox.release(owner, on_request, linger).await?;
        }
        mailbox.release(owner, Holder::Session(epoch), linger).await
    }
}
