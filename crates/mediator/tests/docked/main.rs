//! Sockets that end at docks, served by one mediator or by several.
#![expect(clippy::unwrap_used, reason = "what the tests set up may fail them")]

mod ending;
mod forgotten;
mod harbour;
mod native;
mod proving;
mod recorded;
mod serving;
mod taking_over;
