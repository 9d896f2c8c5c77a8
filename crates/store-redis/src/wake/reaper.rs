use std::sync::Arc;
use std::time::Duration;

use store::{Epoch, Holder, RecipientId};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::sleep;

use crate::shared::Shared;

const RETRY: Duration = Duration::from_secs(1);

/// Tells the engine of readers that went away without a word, as long as it takes.
pub(crate) async fn reap(shared: Arc<Shared>, mut gone: UnboundedReceiver<(RecipientId, Epoch)>) {
    while let Some((owner, epoch)) = gone.recv().await {
        // It may have come back meanwhile.
        while !shared.bells.is_reader(owner, epoch) {
            let released = shared.release(owner, Holder::Session(epoch), Duration::ZERO).await;
            if !matches!(released, Err(store::StoreError::Unavailable(_))) {
                break;
            }
            sleep(RETRY).await;
        }
        shared.doubts.settle_leases(owner, epoch);
    }
}
