//! The small values that name things in a store.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// Names a mediated agent (RFC 0211's *recipient*), the owner of one mailbox. It is the id of the connection through
/// which the agent speaks to us, and survives every change of its keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecipientId(pub [u8; 16]);

impl fmt::Display for RecipientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for RecipientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecipientId({self})")
    }
}

impl FromStr for RecipientId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        decode_16(text).map(Self)
    }
}

/// A place in a mailbox, and the id under which a message is picked up: opaque to wallets, stable over redelivery,
/// never reused.
///
/// Positions of one mailbox are ordered by `sequence`. The `incarnation` is random and drawn anew whenever a store
/// may have lost its tail (each time an embedded store is opened, each time an engine came back empty), so that a
/// sequence that is counted again cannot give an old id to new mail. No two messages of a store share a position, also not in
/// different mailboxes: a store that counts per mailbox draws (or derives) an incarnation per mailbox too.
///
/// Its text form is 22 characters of `[A-Za-z0-9_-]`, inside what Credo accepts as a message id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Order within the mailbox.
    pub sequence: u64,
    /// Which life of the store gave this number.
    pub incarnation: u64,
}

impl Position {
    /// Sixteen bytes that sort like the position.
    pub fn to_bytes(self) -> [u8; 16] {
        ((u128::from(self.sequence) << 64) | u128::from(self.incarnation)).to_be_bytes()
    }

    /// The reverse of [`Position::to_bytes`].
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let both = u128::from_be_bytes(bytes);
        Self { sequence: (both >> 64) as u64, incarnation: both as u64 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 22];
        let written =
            URL_SAFE_NO_PAD.encode_slice(self.to_bytes(), &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text[..written]).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Position({}·{:04x})", self.sequence, self.incarnation & 0xffff)
    }
}

impl FromStr for Position {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        decode_16(text).map(Self::from_bytes)
    }
}

/// Counts the sessions of a recipient. It only grows: of two sessions the one with the higher epoch speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(pub u64);

/// A text that is no id of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this mediator")]
pub struct BadId;

fn decode_16(text: &str) -> Result<[u8; 16], BadId> {
    if text.len() != 22 {
        return Err(BadId);
    }
    let mut bytes = [0u8; 16];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(16) => Ok(bytes),
        _ => Err(BadId),
    }
}
