//! Ids of the messages we send.

use std::sync::atomic::{AtomicU64, Ordering};

/// Makes message ids that look like UUIDs: a random part drawn once, and a count. Unique is all they have to be; nobody may
/// conclude anything from them.
#[derive(Debug)]
pub(crate) struct MessageIds {
    prefix: [u8; 8],
    count: AtomicU64,
}

impl MessageIds {
    pub fn new() -> Self {
        Self { prefix: random_u64().to_be_bytes(), count: AtomicU64::new(0) }
    }

    pub fn next(&self) -> String {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.prefix);
        bytes[8..].copy_from_slice(&self.count.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        uuid_shaped(&bytes)
    }
}

/// Sixteen bytes as `xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx`; bytes that are missing are zero.
pub(crate) fn uuid_shaped(bytes: &[u8]) -> String {
    let mut all = [0u8; 16];
    for (to, from) in all.iter_mut().zip(bytes) {
        *to = *from;
    }
    all[6] = (all[6] & 0x0f) | 0x40;
    all[8] = (all[8] & 0x3f) | 0x80;
    let number = u128::from_be_bytes(all);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        number >> 96,
        (number >> 80) & 0xffff,
        (number >> 64) & 0xffff,
        (number >> 48) & 0xffff,
        number & 0xffff_ffff_ffff,
    )
}

/// A random number, for tokens that need not be secret for long.
pub(crate) fn random_u64() -> u64 {
    u64::from_be_bytes(didcomm::crypto::random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_shape_of_a_uuid_and_do_not_repeat() {
        let ids = MessageIds::new();
        let (first, second) = (ids.next(), ids.next());
        assert_ne!(first, second);
        assert_eq!(first.len(), 36);
        assert_eq!(first.matches('-').count(), 4);
        assert_eq!(first.as_bytes()[14], b'4');
    }
}
