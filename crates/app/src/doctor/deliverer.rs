//! What a deliverer needs beside the queues.

use std::time::Duration;

use acapy::deliverer::DeadLetters;
use bytes::Bytes;
use config::Config;
use transport::{Errand, Headers, HttpWsCarrier};

use super::Report;
use crate::queues;

/// How long an admin API or a controller may take to show that it is there.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// Any answer shows that somebody is there.
async fn ask(about: &'static str, url: &str, carrier: &HttpWsCarrier, report: &mut Report) {
    let errand = Errand {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Headers::default(),
        body: Bytes::new(),
        answer_bytes: 1 << 20,
    };
    match carrier.run(errand).await {
        Ok(_) => report.good(about, format!("{url} answers")),
        Err(why) => report.wrong(about, format!("{url} does not answer: {why}")),
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
