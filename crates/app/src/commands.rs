//! A file per subcommand.

pub mod bench;
pub mod config;
pub mod dead_letters;
pub mod deliverer;
pub mod dock;
pub mod doctor;
pub mod invite;
mod letters;
pub mod mediator;
pub mod relay;
