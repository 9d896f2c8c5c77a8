//! Who plays: the same keys and envelopes in every world, so that they are computed once.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use didcomm::Destination;
use mediator::{Identity, RootSecret};
use parking_lot::Mutex;
use protocols::client::Granted;
use store::{
    Connection, KeyAction, KeyChange, Mediation, PeerEndpoint, RecipientId, Stores, Timestamp,
};

use super::plan::{Kind, WALLETS_MOST};
use crate::{Agent, Parcel};

/// The people of all worlds.
pub(super) struct Cast {
    wallets: Vec<Member>,
    forwards: Mutex<HashMap<Parcel, Bytes>>,
}

struct Member {
    agent: Arc<Agent>,
    connection: Connection,
}

const ROOT: [u8; 32] = [7; 32];

/// The mediator's identity, the same in every world.
pub(super) fn identity() -> Identity {
    Identity::from_root(RootSecret::new(ROOT))
}

/// The cast.
pub(super) fn cast() -> &'static Cast {
    static CAST: OnceLock<Cast> = OnceLock::new();
    CAST.get_or_init(|| {
        let identity = identity();
        let wallets = (0..WALLETS_MOST as u32).map(|number| member(number, &identity)).collect();
        Cast { wallets, forwards: Mutex::default() }
    })
}

fn member(number: u32, identity: &Identity) -> Member {
    let agent = Agent::new(number, 0);
    let id = RecipientId([number as u8 + 1; 16]);
    let our_key = identity.connection_key(id, 0).verkey();
    agent.meet(our_key);
    agent.granted(&Granted {
        endpoint: String::new(),
        routing_keys: vec![identity.routing().verkey()],
    });
    let connection = Connection {
        id,
        key_epoch: 0,
        our_key,
        our_did: String::new(),
        their_did: String::new(),
        their_keys: vec![agent.key()],
        endpoints: Vec::new(),
        label: String::new(),
        request_id: number.to_string(),
        created: Timestamp(0),
    };
    Member { agent: Arc::new(agent), connection }
}

/// Where the agent is, if it has an address.
fn address(agent: &Agent) -> String {
    format!("http://{}.simulated.test", agent.number)
}

impl Member {
    fn connection_of(&self, kind: Kind) -> Connection {
        let endpoint = PeerEndpoint { uri: address(&self.agent), routing_keys: Vec::new() };
        let endpoints = if kind == Kind::Endpoint { vec![endpoint] } else { Vec::new() };
        Connection { endpoints, ..self.connection.clone() }
    }
}

impl Cast {
    /// The wallet at this place.
    pub fn wallet(&self, place: usize) -> Arc<Agent> {
        self.wallets[place].agent.clone()
    }

    /// Whose mailbox that wallet's is.
    pub fn owner(&self, place: usize) -> RecipientId {
        self.wallets[place].connection.id
    }

    /// A forward of this parcel to its wallet.
    pub fn forward(&self, parcel: Parcel) -> Bytes {
        let mut forwards = self.forwards.lock();
        let seal = || self.wallets[parcel.to as usize].agent.forward(parcel);
        forwards.entry(parcel).or_insert_with(seal).clone()
    }

    /// The wallet with this address.
    pub fn at(&self, uri: &str) -> Option<Arc<Agent>> {
        let is_there = |member: &&Member| uri == address(&member.agent);
        self.wallets.iter().find(is_there).map(|member| member.agent.clone())
    }

    /// Connects the first so many wallets, grants them mediation and lists their keys.
    pub async fn introduce(&self, kinds: &[Kind], stores: &Stores) {
        for (member, kind) in self.wallets.iter().zip(kinds) {
            let destination = Destination::Key(member.agent.mail_key());
            let change = KeyChange { destination, action: KeyAction::Add };
            let owner = member.connection.id;
            stores
                .connections
                .admit(&member.connection_of(*kind), None)
                .await
                .expect("a new store takes connections");
            stores
                .keylists
                .set_status(owner, Mediation::Granted)
                .await
                .expect("a new store grants");
            stores.keylists.update(owner, &[change], 10).await.expect("a new store lists keys");
        }
    }
}
