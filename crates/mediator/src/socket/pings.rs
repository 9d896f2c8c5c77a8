//! Pings in words (RFC 0048), where the socket's own do not reach the peer or its pongs not us.

use protocols::{Head, trust_ping};
use store::StoreError;

use super::{Ended, Socket, Trouble};
use crate::session::{Event, Proof};
use crate::{Link, Mediator};

/// In front of the ids of our pings.
const MARK: &str = "restante-";

impl Socket {
    /// Asks a guest for a word.
    pub(super) async fn ping_in_words<L: Link>(
        &self,
        place: usize,
        payload: u64,
        link: &mut L,
    ) -> Result<(), Ended> {
        let words = trust_ping::ask(&id(payload, link.pong_address().as_deref()));
        Ok(link.send(self.guests[place].who.seal(&words)).await?)
    }

    /// A message that asks for nothing. It may be the answer to our ping, or to one on another socket.
    pub(super) async fn ponged<L: Link>(
        &mut self,
        place: usize,
        head: &Head,
        link: &mut L,
    ) -> Result<(), Trouble> {
        let Some((payload, address)) = head.thid.as_deref().and_then(read) else { return Ok(()) };
        if address != link.pong_address().as_deref() {
            return Ok(self.office.ponged_elsewhere(head).await?);
        }
        match self.proof {
            Proof::Words => Ok(self.tell(place, Event::Pong(payload), link).await?),
            Proof::Pongs => Ok(()),
        }
    }
}

impl Mediator {
    /// A message that asks for nothing came on another way than a socket. It may be the answer to a ping on one.
    pub(crate) async fn ponged_elsewhere(&self, head: &Head) -> Result<(), StoreError> {
        match head.thid.as_deref().and_then(read) {
            Some((payload, Some(address))) => self.pong_at_dock(address, payload).await,
            _ => Ok(()),
        }
    }
}

fn id(payload: u64, address: Option<&str>) -> String {
    match address {
        Some(address) => format!("{MARK}{payload:016x}-{address}"),
        None => format!("{MARK}{payload:016x}"),
    }
}

/// The payload, and whose ping it was.
fn read(id: &str) -> Option<(u64, Option<&str>)> {
    let (digits, rest) = id.strip_prefix(MARK)?.split_at_checked(16)?;
    let address = if rest.is_empty() { None } else { Some(rest.strip_prefix('-')?) };
    // The parser would take a sign, too.
    let digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
    Some((u64::from_str_radix(digits, 16).ok()?, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_known_again_by_its_thread() {
        for number in [0, 1, u64::MAX] {
            for address in [None, Some("07ab")] {
                assert_eq!(read(&id(number, address)), Some((number, address)));
            }
        }
        for other in ["", "restante-", "restante-+000000000000001", "restante-00000000000000001"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
