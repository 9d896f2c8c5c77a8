//! What strangers may use of a dock.

use anyhow::Context;
use config::{Config, PublicUrl};
use transport::Limits;

use crate::assembly;
use crate::crowd::limit_addresses_unless_proxied;

/// What one of them may use, and all together.
///
/// # Errors
/// If it cannot be said where the dock is.
pub fn limits(config: &Config) -> anyhow::Result<Limits> {
    let direct = || PublicUrl::direct(config.dock.listen, config.tls.files().is_some());
    let url = config.listen.public_url.clone().or_else(direct);
    let url = url.context("the listener's address makes no URL")?;
    let mut limits = assembly::limits(config, &url);
    limits.frame_bytes = config.dock.frame_bytes.as_usize();
    limits.body_bytes = limits.frame_bytes;
    limit_addresses_unless_proxied(config, &mut limits);
    if config.dock.private_listen.is_none() {
        // The backend's connections come from one address, too.
        limits.connections_per_address = limits.connections;
    }
    Ok(limits)
}
