//! What the backend does about one socket.

use std::future::{Future, pending, ready};
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::select;

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
        None => pending().await,
    }
}

/// Does this and goes on with the work meanwhile: it may hold, or wait for, a turn that other sockets wait for, too. What comes of it is
/// kept until somebody asks.
pub(super) async fn beside<T>(work: &mut Option<Work>, doing: impl Future<Output = T>) -> T {
    let mut doing = pin!(doing);
    let outcome = select! {
        done = doing.as_mut() => return done,
        outcome = progress(work) => outcome,
    };
    *work = Some(Box::pin(ready(outcome)));
    doing.await
}
