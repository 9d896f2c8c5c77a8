//! Whom we know: connections with their keys ready, and routes, as cached views on the stores.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use didcomm::{Destination, EnvelopeError, Peer, SecretKey, VerKey};
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, UnitWeighter};
use store::{Clock, Connection, RecipientId, Result, Stores, Timestamp};

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

#[derive(Clone, Copy)]
struct CachedRoute {
    route: Route,
    stale: Timestamp,
}

/// Cached views on connections and routes. A miss is never cached: what is unknown now may be known in a moment.
pub(crate) struct Directory {
    stores: Stores,
    identity: Arc<Identity>,
    clock: Arc<dyn Clock>,
    by_key: Cache<VerKey, Arc<Correspondent>>,
    routes: Cache<Destination, CachedRoute>,
}

const CORRESPONDENTS: u64 = 20_000;
const ROUTES: u64 = 100_000;

/// Another instance's change to a keylist is seen after this long even if nobody tells us.
const ROUTE_LIFE: Duration = Duration::from_secs(5);

/// A cache that grows to `most` entries; a mediator without wallets should not hold room for them.
fn cache<K: Eq + std::hash::Hash, V: Clone>(most: u64) -> Cache<K, V> {
    let options =
        OptionsBuilder::new().estimated_items_capacity(FIRST_ROOM).weight_capacity(most).build();
    let options = options.unwrap_or_else(|_| unreachable!("both capacities are given"));
    Cache::with_options(
        options,
        UnitWeighter,
        DefaultHashBuilder::default(),
        DefaultLifecycle::default(),
    )
}

const FIRST_ROOM: usize = 64;

impl Directory {
    pub fn new(stores: Stores, identity: Arc<Identity>, clock: Arc<dyn Clock>) -> Self {
        Self { stores, identity, clock, by_key: cache(CORRESPONDENTS), routes: cache(ROUTES) }
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
        let ours = connection.our_key;
        let secret = self.identity.connection_key(connection.id, connection.key_epoch);
        let correspondent = Arc::new(Correspondent::new(connection, secret).ok()?);
        self.by_key.insert(ours, correspondent.clone());
        Some(correspondent)
    }

    /// Who owns this destination.
    pub async fn route(&self, destination: &Destination) -> Result<Option<Route>> {
        let now = self.clock.now();
        if let Some(cached) = self.routes.get(destination)
            && now < cached.stale
        {
            return Ok(Some(cached.route));
        }
        let Some(owner) = self.stores.keylists.route(destination).await? else { return Ok(None) };
        let dialable = self.by_id(owner).await?.is_some_and(|known| known.has_endpoint());
        let route = Route { owner, dialable };
        self.routes.insert(destination.clone(), CachedRoute { route, stale: now + ROUTE_LIFE });
        Ok(Some(route))
    }

    /// Forgets what it knew about these destinations.
    pub fn forget_routes<'a>(&self, destinations: impl Iterator<Item = &'a Destination>) {
        for destination in destinations {
            self.routes.remove(destination);
        }
    }
}
