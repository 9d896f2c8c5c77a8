//! What a dock needs: somebody behind it, and a private side that only he reaches.

use config::{Config, DockBackend};

use super::{PATIENCE, Report, ask, stores};
use crate::{dock, queues};

/// Looks at the backend and at the way back.
pub async fn examine(config: &Config, report: &mut Report) {
    const ABOUT: &str = "backend";
    match config.dock.backend {
        DockBackend::Loopback => {
            report.advice(ABOUT, "is the dock itself, which is good for trying sockets only");
        }
        DockBackend::Store if !config.mail_engine().is_shared() => report.wrong(
            ABOUT,
            "is a store that cannot be shared with mediators: `store.url` says which (redis://…, postgres://…)",
        ),
        DockBackend::Store => stores::examine(config, report).await,
        DockBackend::Http => {
            callbacks(config, report).await;
            way_back(config, report);
        }
    }
}

async fn callbacks(config: &Config, report: &mut Report) {
    const ABOUT: &str = "backend";
    if let Err(error) = dock::check(config) {
        return report.wrong(ABOUT, format!("{error:#}"));
    }
    match queues::carrier(config, true, PATIENCE).await {
        Ok(carrier) => {
            let uri = config.dock.message_uri.as_deref().unwrap_or_default();
            ask(ABOUT, uri, &carrier, report).await;
        }
        Err(error) => report.wrong(ABOUT, format!("{error:#}")),
    }
    match config.dock.keys {
        Some(_) => report.good("callbacks", "are signed"),
        None => report.advice(
            "callbacks",
            "are not signed: whoever reaches the backend can speak for any socket (RESTANTE_DOCK__KEYS)",
        ),
    }
}

fn way_back(config: &Config, report: &mut Report) {
    const ABOUT: &str = "private side";
    match (config.dock.private_listen, &config.dock.bearer) {
        (Some(address), Some(_)) => report.good(ABOUT, format!("{address}, and asks for a key")),
        (Some(address), None) if address.ip().is_unspecified() => report.advice(
            ABOUT,
            format!("{address} is on all networks of this machine and asks for no key (RESTANTE_DOCK__BEARER)"),
        ),
        (Some(address), None) => report.good(ABOUT, address.to_string()),
        (None, Some(_)) => report.good(ABOUT, "is on the port of the sockets, and asks for a key"),
        (None, None) => report.advice(
            ABOUT,
            "is on the port of the sockets: whoever learns the id of one can send on it (`dock.private_listen`, RESTANTE_DOCK__BEARER)",
        ),
    }
}
