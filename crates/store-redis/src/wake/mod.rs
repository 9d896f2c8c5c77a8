//! How a process hears that mail came in through another.
//!
//! Each process has a sharded channel per partition of the recipients ([`crate::names`]), and a reader's line in its box names
//! the channels of its process. So a script that changes a mailbox publishes right there: the channel lies in
//! the mailbox's slot. Readers cost no subscription of their own, and a process subscribes once, to all of its channels.
//!
//! A wake is a hint. What a break of the connection swallowed is looked up in batches after every new subscription, and
//! every minute in any case.

mod link;
mod listener;
mod message;
mod reaper;
mod sweep;
mod topology;

pub(crate) use listener::Listener;
pub(crate) use reaper::reap;
pub(crate) use sweep::sweep;
pub(crate) use topology::{Node, places};
