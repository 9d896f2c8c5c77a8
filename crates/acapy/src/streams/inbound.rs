//! The streams that agents read.

use std::sync::LazyLock;

use store::Result;
use store_redis::{Redis, Script};

use super::{INBOUND, KID};
use crate::wire::{Inbound, Names};

/// Appends if there is room. KEYS: stream. ARGV: entries at most, then fields and values.
static APPEND: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "APPEND",
        "#!lua\nif redis.call('XLEN', KEYS[1]) >= tonumber(table.remove(ARGV, 1)) then return 0 end\n\
         redis.call('XADD', KEYS[1], '*', unpack(ARGV))\nreturn 1",
    )
});

/// What came for agents, in streams.
#[derive(Debug, Clone)]
pub struct InboundStreams {
    redis: Redis,
    names: Names,
    partitions: u16,
    most: usize,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is in its stream, as safe as the settings of Redis say.
    Yes,
    /// The stream is full: nobody reads it, or not fast enough. Nothing in it is dropped for new messages.
    NoRoom,
}

impl InboundStreams {
    /// Streams of `partitions` parts, of up to `most` entries each.
    #[must_use]
    pub fn new(redis: Redis, names: Names, partitions: u16, most: usize) -> Self {
        Self { redis, names, partitions: partitions.max(1), most }
    }

    /// Appends a message for a key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`](store::StoreError::Unavailable) says nothing about whether it was done.
    pub async fn append(&self, kid: &str, message: &Inbound) -> Result<Kept> {
        let stream = self.names.inbound_stream(partition_of(kid, self.partitions));
        let call = APPEND.on(&[stream]).arg(self.most).arg(INBOUND).arg(message.to_bytes());
        let kept = self.redis.call::<bool>(call.arg(KID).arg(kid)).await?;
        Ok(if kept { Kept::Yes } else { Kept::NoRoom })
    }
}

/// The partition of a key: its slot in Redis Cluster (CRC16 of the whole key), modulo the number of partitions.
#[must_use]
pub fn partition_of(kid: &str, partitions: u16) -> u16 {
    let slot = Redis::slot_of(kid);
    u16::try_from(slot % usize::from(partitions.max(1))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_in_its_partition() {
        // What `CLUSTER KEYSLOT foo` answers is 12182.
        assert_eq!(partition_of("foo", 1000), 182);
        assert_eq!(partition_of("foo", 1), 0);
        assert_eq!(partition_of("foo", 0), 0);
    }
}
