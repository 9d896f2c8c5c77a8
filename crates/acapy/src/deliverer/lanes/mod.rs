//! Entries of one list, and of one stream beside it, in lanes.
//!
//! What producers push is moved into *lanes*, one for each endpoint. A lane is leased as a whole, by one deliverer at a time, so that
//! its entries keep their order; an entry stays until it is finished or buried. All keys lie in the slot of the list, tagged with
//! its name, and every act is one script:
//!
//! | key beside the list | holds |
//! | --- | --- |
//! | `lanes` | a sorted set: lane → from when on it may be leased, in milliseconds by the clock of Redis |
//! | `holders` | a hash: lane → who has leased it |
//! | `order` | a sorted set of `<lane>:<id>`, in alphabetical order |
//! | `entries` | a hash: id → the entry, as it was pushed |
//! | `failures` | a hash: id → how often it was tried in vain |
//! | `dead` | a stream: entries that are tried no more, each with its endpoint and the reason |
//! | `counter` | the last id |
//! | `sorter` | who is moving entries just now |

mod answers;
mod calls;
mod dead;

use store::Result;
use store_redis::Redis;

use crate::wire::Names;

pub use answers::Letter;
pub(super) use answers::{Going, Job};

/// The lanes of one list.
#[derive(Debug, Clone)]
pub(crate) struct Lanes {
    redis: Redis,
    keys: Vec<String>,
    source: Source,
    limits: Limits,
}

/// Where producers push.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// A list of entries.
    pub list: String,
    /// A stream of entries, in the same slot.
    pub stream: String,
    /// The field of the stream's entries that holds one.
    pub field: &'static str,
}

/// What may lie in Redis.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of one entry.
    pub entry_bytes: usize,
    /// Entries of one lane.
    pub lane_entries: usize,
    /// Dead letters; the oldest go first.
    pub dead_letters: usize,
}

/// From which end of [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    List,
    Stream,
}

impl Lanes {
    /// The lanes beside the list, or the stream, named `name`.
    pub fn new(redis: Redis, name: &str, source: Source, limits: Limits) -> Self {
        let beside = |what| Names::beside(name, what);
        let keys = vec![
            beside("lanes"),
            beside("holders"),
            beside("order"),
            beside("entries"),
            beside("failures"),
            source.list.clone(),
            source.stream.clone(),
            beside("dead"),
            beside("counter"),
            beside("sorter"),
        ];
        Self { redis, keys, source, limits }
    }

    async fn call<T: redis::FromRedisValue>(&self, call: store_redis::Call) -> Result<T> {
        self.redis.call(call).await
    }
}
