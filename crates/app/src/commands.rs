//! A file per subcommand.

use anyhow::Context;

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

/// Does one thing, and is done.
fn wait_for<T>(act: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("no runtime")?.block_on(act)
}
