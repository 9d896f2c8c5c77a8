//! Our mediator behind docks: what it promises wallets holds there, too. A file per promise.
#![forbid(unsafe_code)]

#[path = "../../habits.rs"]
#[expect(dead_code, reason = "other scenarios have other habits")]
mod habits;
mod harbour;
mod late;
mod pier;
#[path = "../../tls_before.rs"]
mod tls_before;
#[path = "../../wall_clock.rs"]
mod wall_clock;
#[path = "../../ways.rs"]
mod ways;

mod counted;
mod dock_killed;
mod every_part_killed;
mod every_way_of_pickup;
mod forgotten;
mod mediator_killed;
mod native;
mod recorded;
mod rolling_restart;
mod signed;
mod spoiled;
mod strangers;
mod tls;
mod two_and_two;
