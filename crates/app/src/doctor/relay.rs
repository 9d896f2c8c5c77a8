//! What a relay needs beside the queues.

use config::{Answering, Config};

use super::Report;
use crate::relay;

/// Looks at keys and ports.
pub async fn examine(config: &Config, report: &mut Report) {
    keys(config, report).await;
    private_port(config, report);
    if config.relay.answers != Answering::Never {
        report.advice(
            "answers",
            "`relay.answers` is set: agents with an unmodified plug-in stop for ever at the first message that asks for one",
        );
    }
}

/// Whether the keys of the agents can be learned.
async fn keys(config: &Config, report: &mut Report) {
    const ABOUT: &str = "keys";
    let source = match relay::keys(config).await {
        Ok(Some(source)) => source,
        Ok(None) => {
            return report.advice(
                ABOUT,
                "mail for any key is taken, and each costs the agents' plug-in 0.4 s a round: `relay.keys_file` or \
                 `relay.keys_admin` say which there are",
            );
        }
        Err(error) => return report.wrong(ABOUT, format!("{error:#}")),
    };
    match source.keys().await {
        Ok(keys) => report.good(ABOUT, format!("{} are known", keys.len())),
        Err(error) => report.wrong(ABOUT, format!("cannot be learned: {error}")),
    }
}

fn private_port(config: &Config, report: &mut Report) {
    const ABOUT: &str = "private port";
    match config.relay.private_listen {
        None if config.relay.admin => report.wrong(
            ABOUT,
            "`relay.admin` passes on what comes to `relay.private_listen`, which is not set",
        ),
        None => {}
        Some(address) if address.ip().is_unspecified() => report.advice(
            ABOUT,
            format!("{address} is on all networks of this machine: whoever reaches it can post webhooks and call the admin API"),
        ),
        Some(address) => report.good(ABOUT, address.to_string()),
    }
}
