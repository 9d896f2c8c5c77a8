//! Engines with a store on each, and what a message costs them.
#![forbid(unsafe_code)]

mod engine;
mod meter;
mod rounds;

pub use engine::Engine;
pub use meter::{Cost, Meter};
pub use rounds::{append, drain, fill, pass};
