//! Answers to pings in words that come on another way.
//!
//! Wallets answer a message on whichever way they like: Credo posts its answer to a ping that came on a socket. So the ping behind bare mail
//! on a socket at a dock says in its id where that socket is served, and not how it is called: its name is a right to send.

use std::sync::atomic::Ordering;

use store::{Pushed, Result};

use super::shard::{SHARDS, events_of, shard_of};
use super::{BerthId, Event, Note, ROOM};
use crate::Mediator;

/// Where the pong of this socket goes: its part, and a hash of its name.
pub(super) fn address_of(berth: &BerthId) -> String {
    format!("{:02x}{}", shard_of(berth), alias_of(berth))
}

/// By what the socket is called in an address.
pub(super) fn alias_of(berth: &BerthId) -> String {
    let hash = didcomm::crypto::sha256(format!("pong {berth}").as_bytes());
    hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Mediator {
    /// Passes the answer to a ping on to whoever serves the socket with this address, if it is one.
    pub(crate) async fn pong_at_dock(&self, address: &str, payload: u64) -> Result<()> {
        let Some((shard, berth)) = read(address).filter(|_| self.serves_docks()) else {
            return Ok(());
        };
        let note = Note { berth, reach: None, event: Event::Pong(payload), number: None };
        match self.stores.queue.push(&events_of(shard), &[note.to_job()], ROOM).await? {
            // Without it the mail stays in flight until the socket says something.
            Pushed::Kept | Pushed::NoRoom => Ok(()),
        }
    }

    fn serves_docks(&self) -> bool {
        self.serves_docks.load(Ordering::Relaxed)
    }
}

fn read(address: &str) -> Option<(u8, BerthId)> {
    let (shard, alias) = address.split_at_checked(2)?;
    let shard = u8::from_str_radix(shard, 16).ok().filter(|shard| *shard < SHARDS)?;
    let is_alias = alias.len() == 32 && address.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((shard, alias.parse().ok().filter(|_| is_alias)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_the_part_of_its_socket_and_does_not_name_it() {
        let berth: BerthId = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let address = address_of(&berth);
        assert!(!address.contains(berth.as_str()), "{address}");
        let (shard, alias) = read(&address).unwrap();
        assert_eq!((shard, alias.as_str()), (shard_of(&berth), alias_of(&berth).as_str()));
    }

    #[test]
    fn what_is_no_address_leads_nowhere() {
        let hash = "0".repeat(32);
        for no in
            ["", "0", "é", "00", &format!("40{hash}"), &format!("+1{hash}"), &format!("00{hash}0")]
        {
            assert_eq!(read(no), None, "{no}");
        }
    }
}
