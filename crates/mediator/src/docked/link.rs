//! A socket at a dock, as a [`Link`].

use std::future::pending;
use std::sync::Arc;

use bytes::Bytes;

use super::shard::Shard;
use super::{BerthId, Reach, Unsent, pongs};
use crate::{CloseReason, Heard, Link, LinkDown};

/// The outgoing half of a socket at a dock. What comes in is told by its dock.
pub(super) struct DockedLink {
    pub shard: Arc<Shard>,
    pub berth: BerthId,
    pub reach: Reach,
}

impl DockedLink {
    fn judge(&self, sent: Result<(), Unsent>) -> Result<(), LinkDown> {
        let (docks, dock) = (&self.shard.lost_docks, self.reach.dock());
        match sent {
            Ok(()) => docks.answered(dock),
            Err(Unsent::Gone) => {
                docks.answered(dock);
                return Err(LinkDown);
            }
            Err(Unsent::NoDock) => {
                // Docks with queues show whether they live.
                if matches!(self.reach, Reach::Http { .. }) {
                    docks.silent(dock, self.shard.office.clock.now());
                }
                return Err(LinkDown);
            }
        }
        Ok(())
    }
}

impl Link for DockedLink {
    async fn next(&mut self) -> Option<Heard> {
        pending().await
    }

    async fn send(&mut self, envelope: Bytes) -> Result<(), LinkDown> {
        let sent = self.shard.outlet.send(&self.berth, &self.reach, envelope).await;
        self.judge(sent)
    }

    async fn ping(&mut self, payload: u64) -> Result<(), LinkDown> {
        let sent = self.shard.outlet.ping(&self.berth, &self.reach, payload).await;
        self.judge(sent)
    }

    fn pong_address(&self) -> Option<String> {
        Some(pongs::address_of(&self.berth))
    }

    async fn close(&mut self, reason: CloseReason) {
        self.shard.close(&self.berth, &self.reach, reason).await;
    }
}
