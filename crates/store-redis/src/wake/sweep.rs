//! Looking for mail whose wake was lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use store::{Epoch, RecipientId, Result};
use tokio::time::sleep;

use crate::names::{PARTITIONS, partition};
use crate::script::script;
use crate::shared::Shared;

script!(LOOK, "allow_oom.lua", "common.lua", "adopt.lua", "look.lua");

/// How often every mailbox that is read here is looked at.
const INTERVAL: Duration = Duration::from_secs(60);
/// How many mailboxes one call looks at: some 2 us each, in which Redis does nothing else.
const BATCH: usize = 128;
/// How many calls are under way at once.
const AT_ONCE: usize = 8;

const MAIL: u8 = 1;
const GONE: u8 = 2;

/// Looks through all mailboxes that are read here, a partition after the other, without end.
pub(crate) async fn sweep(shared: Arc<Shared>) {
    loop {
        let mut readers = vec![Vec::new(); PARTITIONS];
        for reader in shared.bells.watched() {
            readers[partition(reader.0)].push(reader);
        }
        for readers in readers {
            sleep(INTERVAL / PARTITIONS as u32).await;
            for batch in readers.chunks(BATCH) {
                if let Err(error) = shared.look_at(batch).await {
                    tracing::debug!(%error, "cannot look for mail; the next sweep comes");
                }
            }
        }
    }
}

impl Shared {
    /// Rings readers in these partitions that have mail waiting, and tells those that read no more.
    pub async fn look(&self, partitions: &BTreeSet<usize>) -> Result<()> {
        let mut readers = self.bells.watched();
        readers.retain(|(owner, _)| partitions.contains(&partition(*owner)));
        readers.sort_by_key(|(owner, _)| partition(*owner));
        let of_one_slot = readers.chunk_by(|(a, _), (b, _)| partition(*a) == partition(*b));
        let mut looks = Vec::new();
        for batch in of_one_slot.flat_map(|readers| readers.chunks(BATCH)) {
            looks.push(self.look_at(batch));
        }
        stream::iter(looks).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn look_at(&self, readers: &[(RecipientId, Epoch)]) -> Result<()> {
        let keys = readers
            .iter()
            .flat_map(|(owner, _)| ["box", "flight"].map(|what| self.key(*owner, what)));
        let call = LOOK.on(&keys.collect::<Vec<_>>());
        let call = call.arg(self.now().0).arg(&self.channel).arg(self.me());
        let call = readers.iter().fold(call, |call, (_, epoch)| call.arg(epoch.0));
        let found: Vec<u8> = self.engine.call(call).await?;
        for ((owner, epoch), found) in readers.iter().zip(found) {
            match found {
                MAIL => {
                    self.bells.ring(*owner);
                }
                GONE => self.bells.unknown(*owner, *epoch),
                _ => {}
            }
        }
        Ok(())
    }
}
