//! Whom we know: connections with their keys ready, and routes, as cached views on the stores.
//!
//! Routes are cached among all instances, because wallets change them. A connection never changes once it is admitted, so that each
//! process keeps those it has prepared.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use didcomm::{Destination, EnvelopeError, Peer, SecretKey, VerKey};
use quick_cache::sync::{Cache as Prepared, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, UnitWeighter};
use store::{CacheKey, Connection, Loaded, RecipientId, Result, Stores};

use crate::Identity;

/// A peer with everything that is needed to read and write to it, so that nothing is derived twice.
pub(crate) struct Correspondent {
    pub connection: Connection,
    pub secret: SecretKey,
    /// Pair key and sealed sender for the key we write to.
    pub peer: Peer,
}

impl Correspondent {
    pub fn new(
        connection: Connection,
        secret: SecretKey,
    ) -> std::result::Result<Self, EnvelopeError> {
        let theirs = connection.their_keys.first().ok_or(EnvelopeError::Recipients)?;
        let peer = Peer::new(&secret, theirs)?;
        Ok(Self { connection, secret, peer })
    }

    pub fn id(&self) -> RecipientId {
        self.connection.id
    }

    /// Whether this key may speak for the peer.
    pub fn is(&self, author: &VerKey) -> bool {
        self.connection.their_keys.contains(author)
    }

    /// Whether mail can be pushed to it.
    pub fn has_endpoint(&self) -> bool {
        !self.connection.endpoints.is_empty()
    }

    /// Seals a message for it.
    pub fn seal(&self, plaintext: &[u8]) -> Bytes {
        self.peer.seal(plaintext).into_bytes()
    }
}

/// Who owns a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub owner: RecipientId,
    /// Whether mail for it is pushed to an endpoint.
    pub dialable: bool,
}

impl Route {
    fn to_bytes(self) -> Bytes {
        let mut bytes = [0; ROUTE_BYTES];
        bytes[..16].copy_from_slice(&self.owner.0);
        bytes[16] = u8::from(self.dialable);
        Bytes::copy_from_slice(&bytes)
    }

    /// `None` for what another version wrote.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; ROUTE_BYTES] = bytes.try_into().ok()?;
        let (owner, dialable) = bytes.split_first_chunk()?;
        Some(Self { owner: RecipientId(*owner), dialable: dialable[0] != 0 })
    }
}

const ROUTE_BYTES: usize = 17;

/// Cached views on connections and routes. A miss is never cached: what is unknown now may be known in a moment.
pub(crate) struct Directory {
    stores: Stores,
    identity: Arc<Identity>,
    by_key: Prepared<VerKey, Arc<Correspondent>>,
    /// Routes as they were last, for when the store cannot be asked; if that is wanted.
    known: Option<Prepared<Destination, Route>>,
}

const CORRESPONDENTS: u64 = 20_000;

const KNOWN_ROUTES: u64 = 100_000;

/// The space of the routes in the cache.
const ROUTES: &str = "route";

/// A change evicts a route at once; this bounds what a cache that missed one may do.
const ROUTE_LIFE: Duration = Duration::from_secs(60);

/// A cache that grows to `most` entries; a mediator without wallets should not hold room for them.
fn prepared<K: Eq + Hash, V: Clone>(most: u64) -> Prepared<K, V> {
    let options =
        OptionsBuilder::new().estimated_items_capacity(FIRST_ROOM).weight_capacity(most).build();
    let options = options.unwrap_or_else(|_| unreachable!("both capacities are given"));
    Prepared::with_options(
        options,
        UnitWeighter,
        DefaultHashBuilder::default(),
        DefaultLifecycle::default(),
    )
}

const FIRST_ROOM: usize = 64;

impl Directory {
    /// `known_routes`: see [`Patience::known_routes`](crate::Patience::known_routes).
    pub fn new(stores: Stores, identity: Arc<Identity>, known_routes: bool) -> Self {
        let known = known_routes.then(|| prepared(KNOWN_ROUTES));
        Self { stores, identity, by_key: prepared(CORRESPONDENTS), known }
    }

    /// The peer with whom we use this key of ours.
    pub async fn by_our_key(&self, ours: &VerKey) -> Result<Option<Arc<Correspondent>>> {
        if let Some(known) = self.by_key.get(ours) {
            return Ok(Some(known));
        }
        match self.stores.connections.by_key(ours).await? {
            Some(connection) => Ok(self.introduce(connection)),
            None => Ok(None),
        }
    }

    /// The peer of this connection.
    pub async fn by_id(&self, id: RecipientId) -> Result<Option<Arc<Correspondent>>> {
        match self.stores.connections.get(id).await? {
            Some(connection) => match self.by_key.get(&connection.our_key) {
                Some(known) => Ok(Some(known)),
                None => Ok(self.introduce(connection)),
            },
            None => Ok(None),
        }
    }

    /// Prepares a connection for use. One without a usable key is as good as unknown.
    pub fn introduce(&self, connection: Connection) -> Option<Arc<Correspondent>> {
        let secret = self.identity.connection_key(connection.id, connection.key_epoch);
        self.introduce_with(connection, secret)
    }

    /// The same, where our key is at hand.
    pub fn introduce_with(
        &self,
        connection: Connection,
        secret: SecretKey,
    ) -> Option<Arc<Correspondent>> {
        let ours = connection.our_key;
        let correspondent = Arc::new(Correspondent::new(connection, secret).ok()?);
        self.by_key.insert(ours, correspondent.clone());
        Some(correspondent)
    }

    /// Who owns this destination; if the store is away, and that is wanted, who owned it last.
    pub async fn route(&self, destination: &Destination) -> Result<Option<Route>> {
        let route = self.current_route(destination).await;
        let Some(known) = &self.known else { return route };
        match &route {
            Ok(Some(route)) => known.insert(destination.clone(), *route),
            Ok(None) => drop(known.remove(destination)),
            Err(_) => return known.get(destination).map_or(route, |route| Ok(Some(route))),
        }
        route
    }

    async fn current_route(&self, destination: &Destination) -> Result<Option<Route>> {
        let load = Box::pin(self.load_route(destination));
        let known = self.stores.cache.get_or_load(&key(destination), load).await?;
        match known.map(|bytes| Route::from_bytes(&bytes)) {
            Some(None) => self.find_route(destination).await,
            route => Ok(route.flatten()),
        }
    }

    async fn load_route(&self, destination: &Destination) -> Result<Option<Loaded>> {
        let route = self.find_route(destination).await?;
        Ok(route.map(|route| Loaded { value: route.to_bytes(), life: ROUTE_LIFE }))
    }

    async fn find_route(&self, destination: &Destination) -> Result<Option<Route>> {
        let Some(owner) = self.stores.keylists.route(destination).await? else { return Ok(None) };
        let dialable = self.by_id(owner).await?.is_some_and(|known| known.has_endpoint());
        Ok(Some(Route { owner, dialable }))
    }

    /// Makes every instance forget what it knew about these destinations.
    ///
    /// # Errors
    /// If it is not sure of that; then it is to be repeated.
    pub async fn forget_routes<'a>(
        &self,
        destinations: impl Iterator<Item = &'a Destination>,
    ) -> Result<()> {
        let keys: Vec<CacheKey> = destinations.map(key).collect();
        self.stores.cache.evict(&keys).await
    }
}

fn key(destination: &Destination) -> CacheKey {
    CacheKey::new(ROUTES, &destination.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_survives_the_cache() {
        for dialable in [false, true] {
            let route = Route { owner: RecipientId([7; 16]), dialable };
            assert_eq!(Route::from_bytes(&route.to_bytes()), Some(route));
        }
        assert_eq!(Route::from_bytes(b"something else"), None);
    }
}
