//! Pings in words (RFC 0048), where the socket's own do not reach the peer or its pongs not us.

use protocols::{Head, trust_ping};

use super::{Ended, Socket, Trouble};
use crate::Link;
use crate::session::{Event, Proof};

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
        let words = trust_ping::ask(&id(payload));
        Ok(link.send(self.guests[place].who.seal(&words)).await?)
    }

    /// A message that asks for nothing. It may be the answer to our ping.
    pub(super) async fn ponged<L: Link>(
        &mut self,
        place: usize,
        head: &Head,
        link: &mut L,
    ) -> Result<(), Trouble> {
        match head.thid.as_deref().and_then(payload) {
            Some(payload) if self.proof == Proof::Words => {
                Ok(self.tell(place, Event::Pong(payload), link).await?)
            }
            _ => Ok(()),
        }
    }
}

fn id(payload: u64) -> String {
    format!("{MARK}{payload:016x}")
}

fn payload(id: &str) -> Option<u64> {
    let digits = id.strip_prefix(MARK).filter(|digits| digits.len() == 16)?;
    // The parser would take a sign, too.
    let digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_known_again_by_its_thread() {
        for number in [0, 1, u64::MAX] {
            assert_eq!(payload(&id(number)), Some(number));
        }
        for other in ["", "restante-", "restante-+000000000000001", "restante-00000000000000001"] {
            assert_eq!(payload(other), None, "{other}");
        }
    }
}
