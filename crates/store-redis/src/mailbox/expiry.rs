//! Mail whose time has passed.

use futures_util::future::try_join_all;
use store::{RecipientId, Result, Timestamp};

use crate::names::{PARTITIONS, partition};
use crate::script::script;
use crate::shared::Shared;

script!(EXPIRE, "allow_oom.lua", "expire.lua");

/// How many mailboxes of a partition are looked for at once.
const PAGE: usize = 100;

impl Shared {
    /// The index of when mailboxes have to be looked at.
    pub(super) fn due(&self, owner: RecipientId) -> Vec<u8> {
        self.engine.names().of_partition(partition(owner), "due")
    }

    /// Looks at the mailboxes that are due, and at no others. Two instances that do it at once share the work.
    pub(super) async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize> {
        let mut removed = 0;
        while removed < limit {
            let due = try_join_all((0..PARTITIONS).map(|number| self.due_in(number, now))).await?;
            let due: Vec<RecipientId> = due.into_iter().flatten().collect();
            if due.is_empty() {
                break;
            }
            for owner in due {
                removed += self.expire_in(owner, now, limit - removed).await?;
                if removed >= limit {
                    break;
                }
            }
        }
        Ok(removed)
    }

    async fn due_in(&self, partition: usize, now: Timestamp) -> Result<Vec<RecipientId>> {
        let key = self.engine.names().of_partition(partition, "due");
        let mut command = redis::cmd("ZRANGEBYSCORE");
        command.arg(&key).arg("-inf").arg(now.0).arg("LIMIT").arg(0).arg(PAGE);
        let owners: Vec<Vec<u8>> = self.engine.command(&key, &command).await?;
        Ok(owners.into_iter().filter_map(|owner| owner.try_into().ok()).map(RecipientId).collect())
    }

    async fn expire_in(&self, owner: RecipientId, now: Timestamp, limit: usize) -> Result<usize> {
        let keys = ["box", "mail", "body", "dedupe", "flight"].map(|what| self.key(owner, what));
        let call = EXPIRE.on(&[&keys[..], &[self.due(owner)]].concat());
        self.engine.call(call.arg(now.0).arg(&owner.0[..]).arg(limit)).await
    }
}
