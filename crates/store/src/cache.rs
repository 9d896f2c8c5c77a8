//! What was looked up before.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::Result;

/// Copies of what is kept, or can be found out, elsewhere: routes. (The DIDs of peers resolve themselves.) The *truth* is whatever a load asks; this
/// only saves asking it. Losing everything in here costs time and nothing else, so that no read ever fails because of it: a
/// cache whose engine is away knows nothing and keeps nothing.
///
/// # Two tiers
///
/// A process keeps what it used lately in its own memory ([`LocalCache`](crate::LocalCache), bounded); behind it there may be a tier
/// that all instances share. Every entry has a life, in both tiers, after which it is gone.
///
/// # Eviction
///
/// *When [`Cache::evict`] has returned, no live instance answers from before*: a `get` or `get_or_load` that begins after
/// that, on whichever instance, gives nothing that was loaded or put before the eviction began. A load that was under way
/// when the eviction came may still answer to those who waited for it already, but is kept nowhere and given to nobody who comes later. So whoever changes
/// the truth first changes it, then evicts, then tells the world; then everyone who has heard of the change sees it.
///
/// For that an instance answers from its own tier only while it is sure to hear evictions: it must hear a sign of life of the
/// way they come on, at least every second, and else does without its tier. The evictor waits until all instances have done what
/// it asked; for one that does not answer, until it must have stopped trusting its own tier. That takes a few milliseconds while all
/// are well, and about two seconds after an instance died.
///
/// What is *added* to the truth must be evicted too: somebody may be just finding out that it is not there.
///
/// # Single flight
///
/// Of all who want the same missing entry at the same time, on all instances, one loads and the others wait for what it
/// brings. This is kept as well as it can be: a loader that dies is replaced after its lease in the shared tier (a few seconds), and while the
/// shared tier is away each instance, or each caller, loads for itself.
///
/// # Cost
///
/// An entry in the process's tier costs no round trip, one in the shared tier costs one, a load costs two beside the load itself.
/// An eviction costs a round trip of the engine and one of every instance, so that evictions should be few and batched.
#[async_trait]
pub trait Cache: Send + Sync {
    /// What is known, without loading. Unknown, expired and unreachable are all `None`.
    async fn get(&self, key: &CacheKey) -> Option<Bytes>;

    /// Keeps a value for `life`. Best effort: it may be dropped at any time.
    ///
    /// This is for what cannot change behind the caller's back; nothing guards it against an eviction that comes between the
    /// caller's look at the truth and this call ([`Cache::get_or_load`] does). Other instances may go on answering with what
    /// they had.
    async fn put(&self, key: &CacheKey, value: Bytes, life: Duration);

    /// Makes every live instance forget these entries. See the contract above.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`](crate::StoreError::Unavailable) if it cannot be sure of that within a few seconds. Then some
    /// instance may answer from before until the entries' lives end. Repeating it is safe.
    async fn evict(&self, keys: &[CacheKey]) -> Result<()>;

    /// Makes every live instance forget all entries of `space`, like [`Cache::evict`]. What it costs may grow with everything that
    /// the engine holds.
    ///
    /// # Errors
    /// Like [`Cache::evict`].
    async fn clear(&self, space: &str) -> Result<()>;

    /// What is known, or else what `load` brings, which is then kept for as long as it says. If it brings nothing, nothing is kept: what is
    /// unknown now may be known in a moment.
    ///
    /// # Errors
    /// Those of `load`, also for those who waited for it. Never one of the cache itself.
    async fn get_or_load(&self, key: &CacheKey, load: Load<'_>) -> Result<Option<Bytes>>;
}

/// Asks the truth. It is polled only if the entry is not there.
pub type Load<'a> = BoxFuture<'a, Result<Option<Loaded>>>;

/// What a load brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The value.
    pub value: Bytes,
    /// For how long it may be kept; zero for not at all.
    pub life: Duration,
}

/// Names an entry: a *space* of like entries, and a name in it. Keys are whatever bytes the owner of the space says; they may be long.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey(Bytes);

impl CacheKey {
    /// The entry `name` of `space`. Of a space's name the first 255 bytes count; those of `[a-z0-9-]` read well everywhere.
    pub fn new(space: &str, name: &[u8]) -> Self {
        let space = &space.as_bytes()[..space.len().min(usize::from(u8::MAX))];
        let mut bytes = Vec::with_capacity(1 + space.len() + name.len());
        bytes.push(space.len() as u8);
        bytes.extend_from_slice(space);
        bytes.extend_from_slice(name);
        Self(bytes.into())
    }

    /// The key as bytes, for engines: the length of the space's name in one byte, the space's name, the entry's name.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The reverse of [`CacheKey::as_bytes`].
    pub fn from_bytes(bytes: Bytes) -> Option<Self> {
        let is_whole = bytes.first().is_some_and(|length| bytes.len() > usize::from(*length));
        is_whole.then_some(Self(bytes))
    }

    /// The name of its space.
    pub fn space(&self) -> &[u8] {
        self.split().0
    }

    /// Its name within the space.
    pub fn name(&self) -> &[u8] {
        self.split().1
    }

    fn split(&self) -> (&[u8], &[u8]) {
        let length = self.0.first().copied().map_or(0, usize::from);
        self.0.get(1..).unwrap_or_default().split_at(length)
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names are keys and DIDs of wallets.
        let space = String::from_utf8_lossy(self.space());
        write!(f, "CacheKey({space}, {} bytes)", self.name().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_space_and_name_apart() {
        let key = CacheKey::new("route", b"abc");
        assert_eq!((key.space(), key.name()), (&b"route"[..], &b"abc"[..]));
        assert_ne!(key, CacheKey::new("routea", b"bc"));
        assert_eq!(CacheKey::from_bytes(Bytes::copy_from_slice(key.as_bytes())), Some(key));
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        assert_eq!(CacheKey::from_bytes(Bytes::new()), None);
        assert_eq!(CacheKey::from_bytes(Bytes::from_static(b"\x05rout")), None);
    }

    #[test]
    fn what_is_shown_of_a_key_is_not_its_name() {
        assert_eq!(format!("{:?}", CacheKey::new("did", b"did:x:1")), "CacheKey(did, 7 bytes)");
    }
}
