//! Wallets and senders that are only simulated, for tests and for the benchmark.
//!
//! An [`Agent`] has keys, seals and opens envelopes and speaks the protocols. It does no I/O. Its mail is a [`Parcel`]: from
//! outside an inner envelope, but not a real one, so that recipients spend nothing on opening it; its ciphertext says in the
//! clear which message it is. Envelopes between agents and the mediator are real.
#![forbid(unsafe_code)]

mod agent;
mod parcel;
mod random;

pub use agent::{Agent, Heard, Invited, Item, NotHeard, Request, Words, forward};
pub use parcel::Parcel;
pub use random::Random;
