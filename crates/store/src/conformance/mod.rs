//! The promises of the traits, as tests that every store has to pass.

mod clock;

pub use clock::ManualClock;
