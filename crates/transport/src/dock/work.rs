//! What the backend does about one socket.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::inbox::Item;
use super::{Backend, Berth, Dock, Turned};
use crate::Visit;

/// What the backend is busy with for one socket.
pub(super) type Work = BoxFuture<'static, Result<(), Turned>>;

/// A socket came.
pub(super) fn open<B: Backend>(dock: Arc<Dock<B>>, berth: Arc<Berth>, visit: Visit) -> Work {
    Box::pin(async move { dock.backend.opened(&berth, visit).await })
}

/// It brought this.
pub(super) fn hand_over<B: Backend>(dock: Arc<Dock<B>>, berth: Arc<Berth>, item: Item) -> Work {
    Box::pin(async move {
        match item {
            Item::Message(message) => {
                let outcome = dock.backend.message(&berth, message).await;
                dock.tally.deal_with(1);
                outcome
            }
            Item::Pong(payload) => {
                dock.backend.pong(&berth, payload).await;
                Ok(())
            }
        }
    })
}

/// Until the work is done; for ever if there is none.
pub(super) async fn progress(work: &mut Option<Work>) -> Result<(), Turned> {
    match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}
