//! Which instances live, as far as this process has heard.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use store::Timestamp;

/// Until when each instance has said that it lives. It may live longer than is known here, never shorter.
#[derive(Default)]
pub(crate) struct Instances {
    known: Mutex<HashMap<String, (String, Timestamp)>>,
}

/// The short name of an instance that stands in boxes: 48 bits of a hash.
pub(crate) fn short(instance: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, instance.as_bytes()).as_ref()[..6])
}

impl Instances {
    /// Takes over what the engine knows.
    pub fn learn(&self, all: Vec<(String, f64)>) {
        let entry = |(name, until): (String, f64)| (short(&name), (name, Timestamp(until as u64)));
        *self.known.lock() = all.into_iter().map(entry).collect();
    }

    /// The living, for a script: short names with a comma before and after each.
    pub fn alive(&self, now: Timestamp) -> String {
        let known = self.known.lock();
        let alive = known.iter().filter(|(_, (_, until))| *until > now);
        alive.fold(",".to_owned(), |list, (short, _)| list + short + ",")
    }

    /// The name of an instance, if it is known to live.
    pub fn name(&self, short: &str, now: Timestamp) -> Option<String> {
        let known = self.known.lock();
        known.get(short).filter(|(_, until)| *until > now).map(|(name, _)| name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_lives_until_the_moment_it_said() {
        let instances = Instances::default();
        instances.learn(vec![("a".to_owned(), 1_000.0), ("b".to_owned(), 2_000.0)]);
        assert_eq!(instances.alive(Timestamp(1_000)), format!(",{},", short("b")));
        assert_eq!(instances.name(&short("a"), Timestamp(999)).as_deref(), Some("a"));
        assert_eq!(instances.name(&short("a"), Timestamp(1_000)), None);
        assert_eq!(instances.alive(Timestamp(2_000)), ",");
    }
}
