//! What the mediator does about a message.
//!
//! A transport hands bytes to [`Mediator::post`] or a socket to [`Mediator::serve_socket`]; from there
//!
//! 1. `read` opens the envelope and understands who asks for what,
//! 2. `commands` does it,
//! 3. `post` and `socket` are the two doors through which answers and mail leave, and `outbound` is the postman to agents that
//!    have an address of their own.
//!
//! Sockets that end at a dock in another process come in through [`docked`].
//!
//! [`session::Session`] decides, without I/O, what a socket is sent and when it is believed to have arrived.
#![forbid(unsafe_code)]

mod alive;
mod answer;
mod carrier;
mod chance;
mod commands;
mod directory;
pub mod docked;
mod farewells;
mod held;
mod identity;
mod ids;
mod invitations;
mod late;
mod link;
mod office;
mod outbound;
mod post;
mod read;
mod roster;
pub mod session;
mod settings;
mod socket;
mod tally;

pub use answer::{Answer, Receipt, Refusal};
pub use carrier::{Carried, Carrier, End};
pub use identity::{Identity, RootSecret};
pub use invitations::InvitationText;
pub use link::{CloseReason, Heard, Link, LinkDown};
pub use office::Mediator;
pub use settings::{Allowance, Introduction, Outbound, Pace, Patience, Policy, Settings, Sockets};
pub use socket::{Ended, Profile, Socket};
pub use tally::{Stage, Tally};
