//! What the product promises, asked of the real binary: a file per promise.
//!
//! The binary is `target/debug/restante`, or the one that `RESTANTE_BIN` names; `cargo build -p app` makes it.
#![cfg(test)]
#![forbid(unsafe_code)]

mod habits;
mod tls_before;
#[expect(dead_code, reason = "other scenarios make more of them")]
mod ways;

mod backlog;
mod endpoints;
mod full_disk;
mod half_dead;
mod hostile_messages;
mod hostile_pickup;
mod hostile_sockets;
mod implicit_or_explicit;
mod kill_nine;
mod many;
mod racing_key;
mod restart;
mod shared_socket;
mod shutdown;
mod two_wallets;
