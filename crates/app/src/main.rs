//! The binary `restante`: a menu of what an operator runs.
#![forbid(unsafe_code)]

mod admin;
mod announce;
mod assembly;
mod carrier;
mod cli;
mod clock;
mod commands;
mod control;
mod crowd;
mod dead_letters;
mod deliverer;
mod dock;
mod docks;
mod doctor;
mod exit;
mod health;
mod instance;
mod kinship;
mod lan;
mod logs;
mod metrics;
mod page;
mod pages;
mod qr;
mod queues;
mod relay;
mod root_secret;
mod settings;
mod signals;
mod spool;
mod stores;
mod wish;

use std::process::ExitCode;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let menu = cli::menu().get_matches();
    let outcome = match menu.subcommand() {
        Some(("mediator", args)) => commands::mediator::run(args),
        Some(("dock", args)) => commands::dock::run(args),
        Some(("relay", args)) => commands::relay::run(args),
        Some(("deliverer", args)) => commands::deliverer::run(args),
        Some(("invite", args)) => commands::invite::run(args),
        Some(("dead-letters", args)) => commands::dead_letters::run(args),
        Some(("bench", args)) => commands::bench::run(args),
        Some(("doctor", args)) => commands::doctor::run(args),
        Some(("config", args)) => commands::config::run(args),
        _ => Ok(()),
    };
    exit::report(&outcome)
}
