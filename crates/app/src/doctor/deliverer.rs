//! What a deliverer needs beside the queues.

use acapy::deliverer::DeadLetters;
use config::Config;
use transport::HttpWsCarrier;

use super::{PATIENCE, Report, ask};
use crate::queues;

/// Looks at those whom it reaches, and at what it could not deliver.
pub async fn examine(config: &Config, report: &mut Report) {
    match queues::carrier(config, true, PATIENCE).await {
        Ok(carrier) => reach(config, &carrier, report).await,
        Err(error) => report.wrong("cacerts", format!("{error:#}")),
    }
    if config.deliverer.allow_private {
        report.advice(
            "endpoints",
            "private addresses are dialled, whoever names them: set `deliverer.allow_private = false` if no agent has one",
        );
    }
    dead_letters(config, report).await;
}

async fn reach(config: &Config, carrier: &HttpWsCarrier, report: &mut Report) {
    if let Some(url) = &config.deliverer.admin_url {
        ask("admin API", url, carrier, report).await;
    }
    for url in &config.deliverer.controllers.0 {
        ask("controller", url, carrier, report).await;
    }
}

async fn dead_letters(config: &Config, report: &mut Report) {
    // Who cannot be reached has been reported.
    let (Ok(redis), Ok(names)) = (queues::redis(config).await, queues::names(config)) else {
        return;
    };
    match DeadLetters::new(redis, &names).list(None, 1).await {
        Ok(letters) if letters.is_empty() => report.good("dead letters", "there are none"),
        Ok(_) => report.advice(
            "dead letters",
            "messages could not be delivered: `restante deliverer dead-letters list` shows them",
        ),
        Err(error) => report.wrong("dead letters", error.to_string()),
    }
}
