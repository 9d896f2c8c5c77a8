//! What the comparison needs of an engine.

use std::path::Path;

use crate::fjall::Fjall;
use crate::redb::Redb;
use crate::restante::Restante;

/// A message: its mailbox and its place in it, as the engine gave it.
#[derive(Clone, Copy)]
pub struct Id {
    pub mailbox: u64,
    pub place: u128,
}

pub trait Engine {
    /// Keeps new messages and removes old ones, durable when it returns. `next` is a number above all before.
    fn commit(&mut self, next: u64, appends: Vec<(u64, Vec<u8>)>, removals: &[Id]);

    /// The oldest `count` messages of `mailbox` from `place` on, envelopes read.
    fn head(&self, mailbox: u64, place: u128, count: usize) -> Vec<Id>;
}

pub fn open(name: &str, dir: &Path) -> Box<dyn Engine> {
    match name {
        "redb" => Box::new(Redb::open(dir)),
        "fjall" => Box::new(Fjall::open(dir, false)),
        "fjall-separated" => Box::new(Fjall::open(dir, true)),
        "restante" => Box::new(Restante::open(dir)),
        other => panic!("no engine {other}: redb, fjall, fjall-separated or restante"),
    }
}

/// Mailbox and place, big-endian: bytes that sort.
pub fn key(mailbox: u64, place: u128) -> [u8; 24] {
    let mut key = [0; 24];
    key[..8].copy_from_slice(&mailbox.to_be_bytes());
    key[8..].copy_from_slice(&place.to_be_bytes());
    key
}

pub fn place_of(key: &[u8]) -> u128 {
    u128::from_be_bytes(key[8..].try_into().unwrap())
}
