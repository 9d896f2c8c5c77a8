//! What the store does with a real PostgreSQL beyond the promises of the traits.

mod batching;
mod connecting;
mod disguise;
mod encrypting;
mod numbering;
mod outages;
mod support;
mod waking;
