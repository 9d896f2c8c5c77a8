//! Trust ping (RFC 0048): is the channel alive. Wallets also use it to open a return route.

mod v1_0;

pub use v1_0::{V1_0, ask};

#[cfg(test)]
mod tests;
