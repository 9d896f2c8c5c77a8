//! What is done with the entries of a list.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};

use super::lanes::Job;
use super::lease::Lease;

/// One kind of entry, and how to deal with it.
pub(super) trait Trade: Send + Sync + 'static {
    /// What the entries are, for people.
    const WHAT: &'static str;

    /// Where an entry belongs.
    ///
    /// # Errors
    /// Why it belongs nowhere.
    fn place(&self, entry: &[u8]) -> Result<Place, String>;

    /// Deals with an entry. Takes a bounded time. It may have been begun before, and not come to an end.
    fn attempt(&self, job: &Job, lease: &Lease) -> impl Future<Output = Fate> + Send;
}

/// A lane, and what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub lane: String,
    pub endpoint: String,
}

/// What becomes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is done with.
    Done,
    /// It failed so often by now, and is tried again after this.
    Later { failures: u32, wait: Duration },
    /// It is tried no more.
    Dead { endpoint: String, attempts: u32, reason: String },
    /// Nothing was done: the lane is somebody else's.
    Lost,
}

/// The lane of everything that says the same here. Anybody may name an endpoint: only a hash makes different ones differ for sure.
pub(super) fn lane_of(parts: &[&[u8]]) -> String {
    let lengths = parts.iter().flat_map(|part| [&part.len().to_be_bytes()[..], part].concat());
    let hash = digest(&SHA256, &lengths.collect::<Vec<_>>());
    hash.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_of_different_parts_differ_wherever_the_parts_end() {
        let lanes = [lane_of(&[b"ab", b"c"]), lane_of(&[b"a", b"bc"]), lane_of(&[b"abc"])];
        assert!(lanes.iter().all(|lane| lane.len() == 32));
        assert!(lanes[0] != lanes[1] && lanes[1] != lanes[2] && lanes[0] != lanes[2]);
        assert_eq!(lane_of(&[b"ab", b"c"]), lanes[0]);
    }
}
