//! How keys and channels are named.
//!
//! `<prefix>:{<tag>}:<rest>`. Redis Cluster hashes only the tag, so that all keys of one recipient lie in one slot and one
//! script may touch them. Recipients are spread over [`PARTITIONS`] tags, not a tag each, because what has to be one per slot,
//! a channel of wakes to an instance, an index of what expires, is then one per partition.

use store::RecipientId;

use crate::ConnectError;
use crate::slots::{SLOTS, slot_of};

/// Over how many tags recipients are spread. A cluster of more primaries would not use all of them.
pub(crate) const PARTITIONS: usize = 256;

/// Names the keys of one deployment.
#[derive(Debug)]
pub(crate) struct Names {
    prefix: String,
    tags: Vec<String>,
}

impl Names {
    /// # Errors
    /// [`ConnectError::BadPrefix`] if it could move a key to another slot, or match a pattern.
    pub fn new(prefix: &str) -> Result<Self, ConnectError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        if !(1..=64).contains(&prefix.len()) || !prefix.bytes().all(is_allowed) {
            return Err(ConnectError::BadPrefix);
        }
        Ok(Self { prefix: prefix.to_owned(), tags: (0..PARTITIONS).map(tag).collect() })
    }

    /// The prefix of everything.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A key with a tag of its own.
    pub fn key(&self, tag: &str, rest: &str) -> Vec<u8> {
        format!("{}:{{{tag}}}:{rest}", self.prefix).into_bytes()
    }

    /// A key of a recipient.
    pub fn of(&self, owner: RecipientId, what: &str) -> Vec<u8> {
        format!("{}:{{{}}}:{owner}:{what}", self.prefix, self.tags[partition(owner)]).into_bytes()
    }

    /// A key, or the name of a channel, of a partition.
    pub fn of_partition(&self, partition: usize, what: &str) -> Vec<u8> {
        self.key(&self.tags[partition % PARTITIONS], what)
    }
}

/// Which partition a recipient belongs to.
pub(crate) fn partition(owner: RecipientId) -> usize {
    // Recipient ids are hashes: any of their bytes spreads evenly.
    usize::from(owner.0[0]) % PARTITIONS
}

/// The first tag for this partition whose slot lies in the partition's share of all slots, so that primaries that
/// divide the slots evenly divide the partitions evenly.
fn tag(partition: usize) -> String {
    let share = SLOTS / PARTITIONS;
    let is_in_share = |tag: &String| slot_of(tag.as_bytes()) / share == partition;
    let mut tags = (0u32..).map(|number| format!("{partition:02x}{number:x}"));
    tags.find(is_in_share).unwrap_or_else(|| partition.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn partitions_divide_the_slots_evenly() {
        let names = Names::new("restante").unwrap();
        let slots = (0..PARTITIONS).map(|number| slot_of(&names.of_partition(number, "x")));
        let shares: BTreeSet<_> = slots.map(|slot| slot * PARTITIONS / SLOTS).collect();
        assert_eq!(shares.len(), PARTITIONS);
    }

    #[test]
    fn tags_stay_what_they_were_because_keys_are_found_by_them() {
        let names = Names::new("p").unwrap();
        let key = names.of(RecipientId([3; 16]), "box");
        assert_eq!(String::from_utf8(key).unwrap(), "p:{03211}:AwMDAwMDAwMDAwMDAwMDAw:box");
    }

    #[test]
    fn all_keys_of_a_recipient_share_a_slot() {
        let names = Names::new("p").unwrap();
        let owner = RecipientId([200; 16]);
        let slots: BTreeSet<_> = ["box", "mail"].map(|what| slot_of(&names.of(owner, what))).into();
        assert!(slots.eq(&BTreeSet::from([slot_of(&names.of_partition(partition(owner), "w"))])));
    }

    #[test]
    fn a_prefix_that_moves_slots_or_matches_patterns_is_refused() {
        for prefix in ["", "{a}", "a*", "a b", &"x".repeat(65)] {
            assert_eq!(Names::new(prefix).err(), Some(ConnectError::BadPrefix), "{prefix}");
        }
    }
}
