//! What a dock does, asked of the real binary.
//!
//! The contract is written once: [`agrees`] is what SocketDock does too, and is asked of a stand-in for it as well; [`beyond`] is what it
//! does not do, or does badly.
#![forbid(unsafe_code)]

mod agrees;
mod backend;
mod beyond;
mod subject;
#[path = "../../wall_clock.rs"]
mod wall_clock;
mod wallet;
