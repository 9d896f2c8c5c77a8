//! `restante bench`: simulated wallets and senders against any DIDComm v1 mediator, given its invitation.
//!
//! | part | is |
//! | --- | --- |
//! | [`Plan`] | what is to be done: a [`Scenario`], how many wallets, at which [`Pace`] |
//! | [`run`] | does it, and returns a [`Report`] |
//! | [`Report`] | what came of it, as text, as JSON; [`compare`] and [`plot`] take several |
//!
//! Envelopes between agents and the mediator are real. The inner envelope of a forward is not, and recipients do not open it
//! (see [`simulated::Parcel`]): what is measured is the mediator.
#![forbid(unsafe_code)]

mod introduction;
mod ledger;
mod letters;
mod listening;
mod plan;
mod process;
mod progress;
mod report;
mod scenarios;
mod sending;
mod trouble;
mod wallet;
mod wire;

pub use plan::{Handshakes, Pace, Pickup, Plan, Scenario};
pub use report::{
    Faults, Held, Percentiles, Phase, Report, ReportError, Timing, Usage, compare, plot,
};
pub use scenarios::run;
pub use trouble::Trouble;
