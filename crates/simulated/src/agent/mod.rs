//! A wallet or sender without I/O: keys, envelopes, and the words of the protocols.

mod handshake;
mod words;

use std::sync::Arc;

use bytes::Bytes;
use didcomm::{Limits, Peer, Sealed, SecretKey, VerKey};
use parking_lot::Mutex;
use protocols::client;

pub use handshake::{Invited, Request};
pub use words::{Item, Words};

use crate::{Parcel, Random};

/// One agent. Shared by all its sockets and requests.
pub struct Agent {
    /// What the test calls it; parcels are addressed so.
    pub number: u32,
    /// Its key in the connection with the mediator.
    key: SecretKey,
    /// Where its own mail is sealed for: the key on its keylist.
    mail_key: VerKey,
    /// The mediator's side of the connection, once there is one.
    mediator: Mutex<Option<Arc<Peer>>>,
    /// Keys that forwards to it are wrapped for.
    routing: Mutex<Vec<VerKey>>,
    ids: Mutex<Ids>,
}

/// Message ids that look like UUIDs: another series for each agent and seed.
struct Ids {
    series: u64,
    given: u32,
}

/// What an agent made of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Mail, as it was sent.
    Mail(Parcel),
    /// The mediator says something.
    Words(Words),
}

/// An envelope that is neither mail of this test nor from the mediator to this agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotHeard;

impl Agent {
    /// An agent that knows nobody. The same `number` and `seed` make the same keys.
    pub fn new(number: u32, seed: u64) -> Self {
        let mut random = Random::seeded(seed ^ (u64::from(number) << 32));
        let mut secret = || {
            let mut bytes = [0; 32];
            bytes
                .chunks_mut(8)
                .for_each(|part| part.copy_from_slice(&random.number().to_be_bytes()));
            SecretKey::from_seed(bytes)
        };
        let (key, mail_key) = (secret(), secret().verkey());
        Self {
            number,
            key,
            mail_key,
            mediator: Mutex::default(),
            routing: Mutex::default(),
            ids: Mutex::new(Ids { series: random.number(), given: 0 }),
        }
    }

    /// Its key in the connection with the mediator.
    pub fn key(&self) -> VerKey {
        self.key.verkey()
    }

    /// The key that its mail is for.
    pub fn mail_key(&self) -> VerKey {
        self.mail_key
    }

    /// The mediator's key for this agent is `theirs` from now on.
    ///
    /// # Panics
    /// If it is no key.
    pub fn meet(&self, theirs: VerKey) {
        let peer = Peer::new(&self.key, &theirs).expect("the mediator's key is one");
        *self.mediator.lock() = Some(Arc::new(peer));
    }

    /// What it shares with the mediator.
    pub fn peer(&self) -> Option<Arc<Peer>> {
        self.mediator.lock().clone()
    }

    /// It was granted mediation.
    pub fn granted(&self, grant: &client::Granted) {
        self.routing.lock().clone_from(&grant.routing_keys);
    }

    /// A fresh message id.
    pub fn id(&self) -> String {
        let mut ids = self.ids.lock();
        ids.given = ids.given.wrapping_add(1);
        let (head, tail) = (ids.series >> 48, ids.series & 0xffff_ffff_ffff);
        format!("{:08x}-{head:04x}-4000-8000-{tail:012x}", ids.given)
    }

    /// Seals words for the mediator.
    ///
    /// # Panics
    /// If the agent is not connected.
    pub fn seal(&self, words: &[u8]) -> Bytes {
        let peer = self.peer().expect("the agent is connected");
        peer.seal(words).into_bytes()
    }

    /// A forward of `parcel` to this agent, sealed by nobody for the mediator's routing key.
    ///
    /// # Panics
    /// If the agent was not granted mediation.
    pub fn forward(&self, parcel: Parcel) -> Bytes {
        self.forward_envelope(&parcel.write())
    }

    /// A forward of any envelope.
    ///
    /// # Panics
    /// If the agent was not granted mediation, or the envelope is no JSON.
    pub fn forward_envelope(&self, envelope: &[u8]) -> Bytes {
        let routing = self.routing.lock().clone();
        wrap(&self.id(), envelope, self.mail_key, &routing)
    }

    /// Reads what came from the mediator: words for this agent, or mail as it was sent.
    ///
    /// # Errors
    /// [`NotHeard`] if it is neither.
    pub fn read(&self, envelope: &[u8]) -> Result<Heard, NotHeard> {
        match Parcel::read(envelope) {
            Some(parcel) => Ok(Heard::Mail(parcel)),
            None => Ok(Heard::Words(Words::read(&self.open(envelope).ok_or(NotHeard)?))),
        }
    }

    /// The plaintext of an envelope from the mediator to this agent.
    pub fn open(&self, envelope: &[u8]) -> Option<Vec<u8>> {
        let sealed =
            Sealed::parse(envelope, &Limits { envelope_bytes: 8 << 20, ..Limits::default() })
                .ok()?;
        let (index, _) = sealed.recipients().find(|(_, key)| *key == self.key())?;
        let opened = match self.peer() {
            Some(peer) => sealed.open_from(index, &self.key, &peer),
            None => sealed.open(index, &self.key),
        };
        opened.ok().map(|opened| opened.plaintext)
    }
}

/// `envelope`, wrapped for each of `routing` on its way to `to`.
///
/// # Panics
/// If there is no routing key, or the envelope is no JSON.
pub fn forward(envelope: &[u8], to: VerKey, routing: &[VerKey]) -> Bytes {
    wrap("00000000-0000-4000-8000-000000000000", envelope, to, routing)
}

fn wrap(id: &str, envelope: &[u8], to: VerKey, routing: &[VerKey]) -> Bytes {
    assert!(!routing.is_empty(), "nobody to forward through");
    let mut to = to;
    let mut envelope = Bytes::copy_from_slice(envelope);
    for key in routing {
        let words = client::forward(id, &to, &envelope).expect("the envelope is JSON");
        envelope =
            didcomm::seal_anon(&words, &[*key]).expect("a routing key is a key").into_bytes();
        to = *key;
    }
    envelope
}
