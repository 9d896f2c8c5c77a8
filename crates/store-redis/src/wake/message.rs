use store::{Bells, Epoch, RecipientId};

/// What comes over a channel.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// Mail for a mailbox.
    Mail(RecipientId),
    /// Older sessions than this one read no more.
    Displaced(RecipientId, Epoch),
    /// A session's window has room again.
    Room(RecipientId, Epoch),
}

impl Message {
    /// Reads what a script has published: a letter, the recipient, the digits of an epoch.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (owner, epoch) = rest.split_first_chunk()?;
        let owner = RecipientId(*owner);
        let epoch = || std::str::from_utf8(epoch).ok()?.parse().ok().map(Epoch);
        match kind {
            b'M' => Some(Self::Mail(owner)),
            b'D' => Some(Self::Displaced(owner, epoch()?)),
            b'R' => Some(Self::Room(owner, epoch()?)),
            _ => None,
        }
    }

    /// Rings whom it is for.
    pub fn ring(&self, bells: &Bells) {
        match self {
            Self::Mail(owner) => {
                bells.ring(*owner);
            }
            Self::Displaced(owner, newest) => bells.displace(*owner, *newest),
            Self::Room(owner, epoch) => {
                bells.ring_session(*owner, *epoch);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_what_scripts_write_and_nothing_else() {
        let owner = RecipientId([7; 16]);
        let text = |kind: &[u8], rest: &[u8]| [kind, &owner.0, rest].concat();
        assert_eq!(Message::read(&text(b"M", b"")), Some(Message::Mail(owner)));
        let displaced = Message::Displaced(owner, Epoch(1_700_000_000_000));
        assert_eq!(Message::read(&text(b"D", b"1700000000000")), Some(displaced));
        assert_eq!(Message::read(&text(b"R", b"8")), Some(Message::Room(owner, Epoch(8))));
        for bad in [&b""[..], b"M", b"Mshort", &text(b"R", b"x"), &text(b"X", b"1")] {
            assert_eq!(Message::read(bad), None);
        }
    }
}
