//! Which instance of the plug-in polls which key.
//!
//! The plug-in polls only keys that a relay has put into its list, and says nothing of itself but when it last consumed something. The maps
//! ([`Maps`](crate::wire::Maps)) have fixed names in different slots, other relays write them too, and any of them may die between two
//! writes. So:
//!
//! - [`UID_OF_KEY`](crate::wire::Maps::UID_OF_KEY) decides. It is written first, a field at a time, by compare-and-set.
//! - Lists of keys follow it: added to where the map points, removed from elsewhere, by compare-and-set as well.
//! - A pass over all maps, every few seconds on every relay, makes them agree again, whatever was left half done ([`plan()`]).
//! - A key that has mail and no instance yet is remembered in a set of ours *before* its mail is kept.
//!
//! What lies in the list of a key is not touched by any of this: whoever polls the key gets it, once.

mod apply;
mod assigner;
mod board;
mod census;
mod maps;
mod plan;
mod redis_maps;
#[cfg(test)]
mod tests;

pub(crate) use assigner::{Assigner, Pace};
pub(crate) use board::Board;
pub(crate) use redis_maps::RedisMaps;
