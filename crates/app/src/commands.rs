//! A file per subcommand.

pub mod config;
pub mod invite;
pub mod mediator;
