//! What senders send: envelopes that need no keys.

use bytes::Bytes;
use didcomm::base64;
use serde_json::Value;

/// Names one message. On the wire it looks like a sealed envelope, and is none: its ciphertext is this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Parcel {
    /// Whose it is: a number that the test has given the recipient.
    pub to: u32,
    /// Which of the recipient's it is.
    pub number: u32,
}

const LONGEST_NAME: usize = 64;

impl Parcel {
    /// The envelope.
    pub fn write(self) -> Bytes {
        self.write_padded(0)
    }

    /// The envelope, made larger by `bytes`.
    pub fn write_padded(self, bytes: usize) -> Bytes {
        let name = base64::encode(format!("parcel {} {}", self.to, self.number).as_bytes());
        let protected = "p".repeat(bytes.max(8));
        Bytes::from(format!(
            r#"{{"protected":"{protected}","iv":"aXYtaXYtaXYt","ciphertext":"{name}","tag":"dGFn"}}"#
        ))
    }

    /// Which it is; `None` for anything that [`Parcel::write`] has not made.
    pub fn read(envelope: &[u8]) -> Option<Self> {
        let envelope: Value = serde_json::from_slice(envelope).ok()?;
        let name = base64::decode(envelope["ciphertext"].as_str()?, LONGEST_NAME).ok()?;
        let name = std::str::from_utf8(&name).ok()?.strip_prefix("parcel ")?;
        let (to, number) = name.split_once(' ')?;
        Some(Self { to: to.parse().ok()?, number: number.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::Parcel;

    #[test]
    fn a_parcel_is_read_as_it_was_written() {
        let parcel = Parcel { to: 3, number: 4_000_000_000 };
        assert_eq!(Parcel::read(&parcel.write()), Some(parcel));
        assert_eq!(Parcel::read(&parcel.write_padded(2_000)), Some(parcel));
        assert_eq!(Parcel::read(br#"{"ciphertext":"AAAA"}"#), None);
    }
}
