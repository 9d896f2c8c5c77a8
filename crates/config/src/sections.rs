//! A file per section.

mod acapy;
mod admin;
mod deliverer;
mod dock;
mod docks;
mod identity;
mod instance;
mod invitation;
mod listen;
mod log;
mod mailbox;
mod mediation;
mod outbound;
mod pickup;
mod postgres;
mod redis;
mod relay;
mod shutdown;
mod spool;
mod store;
mod tls;
mod transport;

pub use acapy::Acapy;
pub use admin::Admin;
pub use deliverer::Deliverer;
pub use dock::Dock;
pub use docks::Docks;
pub use identity::Identity;
pub use instance::Instance;
pub use invitation::Invitation;
pub use listen::Listen;
pub use log::Log;
pub use mailbox::Mailbox;
pub use mediation::Mediation;
pub use outbound::Outbound;
pub use pickup::Pickup;
pub use postgres::{Postgres, PostgresCredentials, PostgresSsl};
pub use redis::{Redis, RedisCredentials, RedisSsl};
pub use relay::Relay;
pub use shutdown::Shutdown;
pub use spool::Spool;
pub use store::Store;
pub use tls::Tls;
pub use transport::Transport;

use crate::layers::Reader;
use crate::setting::SectionInfo;

macro_rules! config {
    ($($(#[doc = $help:literal])+ $field:ident : $Section:ident),+ $(,)?) => {
        /// Everything an operator may decide.
        #[derive(Debug, Clone)]
        pub struct Config {
            $($(#[doc = $help])+ pub $field: $Section),+
        }

        pub(crate) const SECTIONS: &[&SectionInfo] = &[$(&$Section::INFO),+];

        impl Config {
            /// Parses every section, also behind one that does not parse.
            pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
                $(let $field = $Section::read(reader);)+
                Some(Self { $($field: $field?),+ })
            }
        }
    };
}

config! {
    /// `[listen]`
    listen: Listen,
    /// `[tls]`
    tls: Tls,
    /// `[store]`
    store: Store,
    /// `[redis]`
    redis: Redis,
    /// `[redis.credentials]`
    redis_credentials: RedisCredentials,
    /// `[redis.ssl]`
    redis_ssl: RedisSsl,
    /// `[postgres]`
    postgres: Postgres,
    /// `[postgres.credentials]`
    postgres_credentials: PostgresCredentials,
    /// `[postgres.ssl]`
    postgres_ssl: PostgresSsl,
    /// `[instance]`
    instance: Instance,
    /// `[spool]`
    spool: Spool,
    /// `[identity]`
    identity: Identity,
    /// `[invitation]`
    invitation: Invitation,
    /// `[mediation]`
    mediation: Mediation,
    /// `[mailbox]`
    mailbox: Mailbox,
    /// `[pickup]`
    pickup: Pickup,
    /// `[outbound]`
    outbound: Outbound,
    /// `[docks]`
    docks: Docks,
    /// `[dock]`
    dock: Dock,
    /// `[transport]`
    transport: Transport,
    /// `[shutdown]`
    shutdown: Shutdown,
    /// `[admin]`
    admin: Admin,
    /// `[log]`
    log: Log,
    /// `[acapy]`
    acapy: Acapy,
    /// `[relay]`
    relay: Relay,
    /// `[deliverer]`
    deliverer: Deliverer,
}

impl Config {
    /// What does not go together, as sentences.
    pub(crate) fn check(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        complaints.extend(self.tls.check());
        complaints.extend(self.store.check(&self.spool));
        complaints.extend(self.check_engines());
        complaints.extend(self.admin.check(self.listen.address));
        complaints.extend(self.identity.check());
        complaints.extend(self.pickup.check());
        complaints.extend(self.outbound.check());
        complaints.extend(self.docks.check());
        complaints.extend(self.dock.check());
        complaints.extend(self.transport.check());
        complaints.extend(self.acapy.check());
        complaints.extend(self.relay.check());
        complaints.extend(self.deliverer.check());
        complaints
    }
}
