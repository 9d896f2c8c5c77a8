//! Our mediator behind docks: what it promises wallets holds there, too. A file per promise.
#![forbid(unsafe_code)]

#[path = "../../habits.rs"]
#[expect(dead_code, reason = "other scenarios have other habits")]
mod habits;
mod harbour;
mod late;
#[path = "../../wall_clock.rs"]
mod wall_clock;

mod counted;
mod dock_killed;
mod every_way_of_pickup;
mod mediator_killed;
mod native;
mod recorded;
mod rolling_restart;
mod signed;
mod spoiled;
mod strangers;
mod two_and_two;
