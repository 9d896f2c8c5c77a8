//! What relay and deliverer share: ACA-Py's queues in a Redis.

use std::sync::Arc;
use std::time::Duration;

use acapy::Health;
use acapy::private::{PrivateOffice, Status};
use acapy::wire::Names;
use anyhow::Context;
use bytes::Bytes;
use clap::ArgMatches;
use config::{Config, Engine};
use store_redis::Redis;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use transport::{CarrierOptions, Drain, HttpWsCarrier, Limits, Page, Pages, ServeOptions};

use crate::exit::Misuse;
use crate::{assembly, settings, stores};

/// Environment names of the services that are replaced, and what they say here.
const NAMES: [(&str, &[&str]); 6] = [
    ("REDIS_SERVER_URL", &["RESTANTE_STORE", "RESTANTE_STORE__URL"]),
    ("TOPIC_PREFIX", &["RESTANTE_ACAPY__TOPIC_PREFIX"]),
    ("INBOUND_TRANSPORT_CONFIG", &["RESTANTE_RELAY__INBOUND"]),
    ("STATUS_ENDPOINT_HOST", &["RESTANTE_ACAPY__STATUS_HOST"]),
    ("STATUS_ENDPOINT_PORT", &["RESTANTE_ACAPY__STATUS_PORT"]),
    ("STATUS_ENDPOINT_API_KEY", &["RESTANTE_ACAPY__STATUS_API_KEY"]),
];

/// Reads the settings, in which the names of the services that are replaced count as ours; ours come first.
///
/// # Errors
/// Everything that is wrong with them.
pub fn load(matches: &ArgMatches) -> anyhow::Result<Config> {
    Ok(settings::load_translated(matches, translate)?.config)
}

fn translate(env: &mut Vec<(String, String)>) {
    for (theirs, ours) in NAMES {
        let said = |name: &str| env.iter().find(|(known, text)| known == name && !text.is_empty());
        let is_said = ours.iter().any(|name| said(name).is_some());
        if let Some((_, text)) = said(theirs).filter(|_| !is_said) {
            env.push((ours[0].to_owned(), text.clone()));
        }
    }
}

/// Connects to the Redis of `store.url`.
///
/// # Errors
/// If the store is none, or cannot be reached.
pub async fn redis(config: &Config) -> anyhow::Result<Redis> {
    match config.mail_engine() {
        Engine::Redis(url, login) => stores::queues(config, &url, &login).await,
        _ => Err(Misuse(
            "the queues are in a Redis: name it with --store redis://… or REDIS_SERVER_URL"
                .to_owned(),
        )
        .into()),
    }
}

/// How the keys of the deployment are named.
///
/// # Errors
/// If the prefix is none.
pub fn names(config: &Config) -> anyhow::Result<Names> {
    Names::new(&config.acapy.topic_prefix)
        .map_err(|error| Misuse(format!("`acapy.topic_prefix`: {error}")).into())
}

/// A way out: to endpoints, or to what the operator names, which mostly has a private address.
///
/// # Errors
/// If `acapy.cacerts` cannot be read, or there is no way out at all.
pub async fn carrier(
    config: &Config,
    allow_private: bool,
    timeout: Duration,
) -> anyhow::Result<Arc<HttpWsCarrier>> {
    let roots = assembly::roots(config.acapy.cacerts.as_deref(), "acapy.cacerts")?;
    let options = CarrierOptions { allow_private, timeout, roots, ..CarrierOptions::default() };
    // Reading the system's trusted roots takes a while.
    let made = spawn_blocking(move || HttpWsCarrier::new(&options)).await?;
    Ok(Arc::new(made.context("there is no way out")?))
}

/// Serves `GET /status/ready` and `GET /status/live`, if address, port and key are set.
///
/// # Errors
/// If nobody can listen there.
pub async fn tell_status(
    config: &Config,
    health: &Arc<Health>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let Some((host, port, key)) = config.acapy.status() else { return Ok(()) };
    let listener = TcpListener::bind((host, port))
        .await
        .map_err(|error| Misuse(format!("cannot listen on {host}:{port} for statuses: {error}")))?;
    tracing::info!(address = %listener.local_addr().context("no address")?, "statuses are told");
    let status = Some(Status::new(health.clone(), key.reveal()));
    let office = Arc::new(PrivateOffice { status, ..PrivateOffice::new(health.clone()) });
    let patience = config.shutdown.deadline;
    let drain = Drain { begin: stop.clone(), spread: patience / 4, patience };
    tokio::spawn(transport::serve(listener, office, private(health), drain));
    Ok(())
}

/// How a port is served that is not for strangers: those who may come are few, and come from few addresses.
pub fn private(health: &Arc<Health>) -> ServeOptions {
    let usual = Limits::default();
    let limits = Limits { connections_per_address: usual.connections, ..usual };
    let pages = Arc::new(Sign(health.clone()));
    ServeOptions { limits, tls: None, proxies: Vec::new(), pages, tally: Arc::default() }
}

/// What a browser sees.
struct Sign(Arc<Health>);

impl Pages for Sign {
    fn home(&self, _: Option<&str>) -> Page {
        Page { content_type: "text/plain; charset=utf-8", policy: None, body: Bytes::new() }
    }

    fn invitation(&self, _: Option<&str>) -> Option<Page> {
        None
    }

    fn ready(&self) -> bool {
        self.0.is_ready()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(said: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut env: Vec<_> =
            said.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        translate(&mut env);
        env.split_off(said.len())
    }

    #[test]
    fn the_names_of_the_services_that_are_replaced_say_our_settings() {
        let said = translated(&[("REDIS_SERVER_URL", "redis://r:6379"), ("TOPIC_PREFIX", "t")]);
        let expected =
            [("RESTANTE_STORE", "redis://r:6379"), ("RESTANTE_ACAPY__TOPIC_PREFIX", "t")];
        assert_eq!(said, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn ours_come_first_and_an_empty_one_says_nothing() {
        assert!(translated(&[("REDIS_SERVER_URL", "x"), ("RESTANTE_STORE__URL", "y")]).is_empty());
        assert!(translated(&[("TOPIC_PREFIX", "")]).is_empty());
        let empty = [("TOPIC_PREFIX", "t"), ("RESTANTE_ACAPY__TOPIC_PREFIX", "")];
        assert_eq!(translated(&empty).len(), 1);
    }
}
