//! Chance that need not be secret, only different from one session or agent to the next.

use std::time::Duration;

use store::RecipientId;

/// A stream of numbers (SplitMix64). The same seed gives the same stream, so that a simulation can be repeated.
#[derive(Debug)]
pub(crate) struct Chance(u64);

/// A number of this recipient's own, another for each turn. Ids of recipients are as good as random.
pub(crate) fn seed(owner: RecipientId, turn: u64) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = owner.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) ^ turn.rotate_left(32)
}

impl Chance {
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Somewhere from `least` to `most` times this long.
    pub fn stretch(&mut self, span: Duration, least: f64, most: f64) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let part = (mixed >> 32) as f64 / f64::from(u32::MAX);
        span.mul_f64(least + part * (most - least))
    }
}
