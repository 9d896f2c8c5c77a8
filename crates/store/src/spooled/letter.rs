//! A letter inside a letter: what the spool has to remember besides the envelope.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::{Letter, Mail, Quota, RecipientId, Timestamp};

/// Owner, dedupe, expiry and window.
const HEAD: usize = 16 + 16 + 2 * 8;

/// The letter as it lies in the spool, which may hold `room` in all.
pub(super) fn pack(owner: RecipientId, letter: &Letter, room: Quota) -> Letter {
    let mut envelope = BytesMut::with_capacity(HEAD + letter.envelope.len());
    envelope.put_slice(&owner.0);
    envelope.put_slice(&letter.dedupe);
    envelope.put_u64(letter.expires.0);
    envelope.put_u64(u64::try_from(letter.dedupe_window.as_millis()).unwrap_or(u64::MAX));
    envelope.put_slice(&letter.envelope);
    Letter {
        envelope: envelope.freeze(),
        dedupe: of_owner(letter.dedupe, owner),
        quota: room,
        ..letter.clone()
    }
}

/// The letter as it was, and whose it is; `None` if that cannot be read. It has been accepted: no quota keeps it from its mailbox any more.
pub(super) fn unpack(spooled: Mail) -> Option<(RecipientId, Letter)> {
    let Mail { mut envelope, destination, received, .. } = spooled;
    if envelope.len() < HEAD {
        return None;
    }
    let (owner, dedupe) = (RecipientId(sixteen(&mut envelope)), sixteen(&mut envelope));
    let expires = Timestamp(envelope.get_u64());
    let dedupe_window = Duration::from_millis(envelope.get_u64());
    let quota = Quota::BOUNDLESS;
    Some((owner, Letter { envelope, destination, dedupe, received, expires, dedupe_window, quota }))
}

/// The same envelope for two recipients is two letters, in one mailbox here. Both are hashes.
fn of_owner(dedupe: [u8; 16], owner: RecipientId) -> [u8; 16] {
    std::array::from_fn(|place| dedupe[place] ^ owner.0[place].rotate_left(3))
}

fn sixteen(bytes: &mut Bytes) -> [u8; 16] {
    let mut taken = [0; 16];
    bytes.copy_to_slice(&mut taken);
    taken
}
