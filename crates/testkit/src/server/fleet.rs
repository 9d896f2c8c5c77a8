use std::net::SocketAddr;
use std::ops::{Index, IndexMut};

use futures_util::future::join_all;

use super::{Server, ServerOptions};

/// Several mediators that share a store, and a root secret with it: wallets take them for one.
pub struct Fleet {
    servers: Vec<Server>,
}

/// Their root secret. It guards nothing.
const SECRET: &str = "7e57000000000000000000000000000000000000000000000000000000007e57";

impl Fleet {
    /// Starts so many with the same options, all at once, and waits until they are ready.
    ///
    /// # Panics
    /// If one does not get ready, or the options name no store.
    pub async fn start(count: usize, options: &ServerOptions) -> Self {
        Self::start_each(vec![options.clone(); count]).await
    }

    /// Starts one with each of these options, which name the same store or ways to it.
    ///
    /// # Panics
    /// As [`Fleet::start`].
    pub async fn start_each(options: Vec<ServerOptions>) -> Self {
        let starts = options.into_iter().map(|options| {
            assert!(options.store.is_some(), "instances need a store to share");
            Server::start_with(options.variable("RESTANTE_ROOT_SECRET", SECRET))
        });
        Self { servers: join_all(starts).await }
    }

    /// Where they listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(Server::address).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.servers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }
}

impl Index<usize> for Fleet {
    type Output = Server;

    fn index(&self, place: usize) -> &Server {
        &self.servers[place]
    }
}

impl IndexMut<usize> for Fleet {
    fn index_mut(&mut self, place: usize) -> &mut Server {
        &mut self.servers[place]
    }
}
