//! What is kept of sockets at docks, for whoever serves them next.
//!
//! A shard has a mailbox like a recipient's, and each of its sockets with a known agent is a letter in it. A letter that has to say
//! something else is written anew before the old one is thrown away, so that there is one at any time; where there are two, the
//! later one counts.

use std::collections::HashMap;
use std::time::Duration;

use didcomm::{Destination, VerKey};
use serde::{Deserialize, Serialize};
use store::{Appended, Demand, Letter, Position, Quota, RecipientId, Result, StoreError};

use super::{BerthId, Reach};
use crate::Mediator;
use crate::socket::Profile;

/// One socket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub berth: BerthId,
    pub reach: Reach,
    pub profile: Profile,
    /// Drawn by whoever entered the socket first. If it is another one, what was known before is lost.
    #[serde(default)]
    pub mark: u64,
}

/// No socket lives longer.
const KEPT_FOR: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Sockets of one shard.
const MOST: usize = 100_000;

/// Bytes of all their entries.
const MOST_BYTES: usize = 256 << 20;

/// The register of one shard.
pub(super) struct Register<'a> {
    pub office: &'a Mediator,
    pub shard: RecipientId,
}

impl Register<'_> {
    /// Everything in it, the latest of each socket.
    pub async fn read(&self) -> Result<HashMap<BerthId, (Position, Entry)>> {
        let mailbox = &self.office.stores.mailbox;
        let letters = mailbox.peek(self.shard, &Demand::of(MOST, MOST_BYTES)).await?;
        let mut entries = HashMap::new();
        for letter in letters {
            let entry = serde_json::from_slice::<Entry>(&letter.envelope);
            let before = match entry {
                Ok(entry) => entries.insert(entry.berth.clone(), (letter.position, entry)),
                Err(_) => {
                    self.strike(letter.position).await;
                    None
                }
            };
            if let Some((position, _)) = before {
                self.strike(position).await;
            }
        }
        Ok(entries)
    }

    /// Writes an entry.
    pub async fn write(&self, entry: &Entry) -> Result<Position> {
        let now = self.office.clock.now();
        let letter = Letter {
            envelope: serde_json::to_vec(entry).unwrap_or_default().into(),
            destination: Destination::Key(VerKey::from_bytes([0; 32])),
            dedupe: didcomm::crypto::random(),
            received: now,
            expires: now + KEPT_FOR,
            dedupe_window: Duration::ZERO,
            quota: Quota { messages: MOST as u64, bytes: MOST_BYTES as u64 },
        };
        match self.office.stores.mailbox.append(self.shard, letter).await? {
            Appended::Stored { position, .. } => Ok(position),
            Appended::Duplicate => Err(StoreError::Damaged("a register repeats itself".to_owned())),
            Appended::MailboxFull => Err(StoreError::Full("a register of sockets".to_owned())),
        }
    }

    /// Throws an entry away. One that stays is found to be of no use when its socket is written to.
    pub async fn strike(&self, position: Position) {
        let struck = self.office.stores.mailbox.acknowledge(self.shard, &[position], None).await;
        if let Err(error) = struck {
            tracing::debug!(%error, "an entry of a socket that is gone stays for now");
        }
    }
}
