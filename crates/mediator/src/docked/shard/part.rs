//! Into which parts the sockets at docks are divided, and where what belongs to a part is kept.

use store::{QueueName, RecipientId};

use super::super::BerthId;

/// How many parts there are.
pub const SHARDS: u8 = 64;

/// Which part a socket belongs to, the same in all versions: FNV-1a, stirred because docks may count their sockets.
pub fn shard_of(berth: &BerthId) -> u8 {
    let hash = berth
        .as_str()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let stirred = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    (stirred >> 24) as u8 % SHARDS
}

/// A part looks like a recipient to the store, so that it can be claimed and have a mailbox. No recipient has such an id: they are
/// hashes. Parts differ in the first byte because engines spread recipients by it.
pub fn id_of(number: u8) -> RecipientId {
    let mut id = *b"?sockets at dock";
    id[0] = number.wrapping_mul(u8::MAX / SHARDS + 1);
    RecipientId(id)
}

/// Where events of this part wait.
pub fn events_of(number: u8) -> QueueName {
    let name = format!("dock.in.{number}");
    name.parse().unwrap_or_else(|_| unreachable!("dots, letters and digits"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn sockets_are_spread_over_all_parts() {
        let mut counts = [0_u32; SHARDS as usize];
        for number in 0..6_400_u128 {
            let berth = format!("{number:032x}").parse();
            counts[usize::from(shard_of(&berth.unwrap()))] += 1;
        }
        assert!(counts.iter().all(|count| (50..200).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_part_of_a_socket_never_changes() {
        assert_eq!(shard_of(&"a".parse().unwrap()), 11);
        assert_eq!(shard_of(&"0123456789abcdef0123456789abcdef".parse().unwrap()), 16);
    }

    #[test]
    fn parts_have_ids_and_queues_of_their_own() {
        let ids: HashSet<_> = (0..SHARDS).map(|number| id_of(number).0[0]).collect();
        let queues: HashSet<_> = (0..SHARDS).map(|number| events_of(number).to_string()).collect();
        assert_eq!((ids.len(), queues.len()), (64, 64));
    }
}
