//! From a configuration to a deliverer that delivers.

use std::sync::Arc;
use std::time::Duration;

use acapy::Health;
use acapy::deliverer::{AdminApi, Carriers, Controller, Deliverer, Options, Schedule, Tally};
use config::Config;
use store_redis::Redis;
use tokio_util::sync::CancellationToken;

use crate::admin::{self, Operated};
use crate::exit::Misuse;
use crate::metrics::Exposition;
use crate::{instance, queues, signals};

/// An answer of the admin API may have so many bytes.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Delivers until SIGTERM or SIGINT, and then until what is in hand has come to an end.
///
/// # Errors
/// If Redis cannot be reached at the start, or a setting cannot be followed.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    signals::watch(stop.clone())?;
    let redis = queues::redis(&config).await?;
    let deliverer = assemble(&config, redis.clone()).await?;
    let health = Health::watch(redis, stop.clone());
    queues::tell_status(&config, &health, &stop).await?;
    let counters = Counters { tally: deliverer.tally(), stop: stop.clone() };
    admin::listen(config.admin.listen, counters).await?;
    tracing::info!(prefix = config.acapy.topic_prefix, "messages are delivered");
    run(&deliverer, &stop, config.shutdown.deadline).await;
    tracing::info!("stopped");
    Ok(())
}

/// A deliverer as it is configured.
///
/// # Errors
/// If a setting cannot be followed.
pub async fn assemble(config: &Config, redis: Redis) -> anyhow::Result<Deliverer> {
    let options = options(config)?;
    let said = &config.deliverer;
    let endpoints = queues::carrier(config, said.allow_private, said.timeout).await?;
    let own = queues::carrier(config, true, said.admin_timeout).await?;
    Ok(Deliverer::new(redis, Carriers { endpoints, own }, options))
}

/// Delivers until `stop`, and then for `patience` at most. What is cut off is delivered by another.
pub async fn run(deliverer: &Deliverer, stop: &CancellationToken, patience: Duration) {
    let cut = async {
        stop.cancelled().await;
        tokio::time::sleep(patience).await;
    };
    tokio::select! {
        () = deliverer.run(stop.clone()) => {}
        () = cut => tracing::warn!("what is in hand is left to other deliverers"),
    }
}

fn options(config: &Config) -> anyhow::Result<Options> {
    let said = &config.deliverer;
    let retries = u32::try_from(said.retries).unwrap_or(u32::MAX);
    let admin = said.admin_url.as_deref().map(|url| admin_api(config, url)).transpose()?;
    let controllers = said.controllers.0.iter().map(|url| controller(config, url));
    Ok(Options {
        schedule: Schedule { retries, first: said.retry_first },
        parallel: said.parallel,
        entry_bytes: said.entry_bytes.as_usize(),
        endpoint_entries: said.endpoint_entries,
        dead_letters: said.dead_letters,
        admin,
        controllers: controllers.collect::<anyhow::Result<_>>()?,
        ..Options::new(queues::names(config)?, instance::unlike_any_other(&config.instance)?)
    })
}

fn admin_api(config: &Config, url: &str) -> anyhow::Result<AdminApi> {
    let url = url.parse().map_err(|error| Misuse(format!("`deliverer.admin_url`: {error}")))?;
    Ok(AdminApi { url, answer_bytes: ANSWER_BYTES, kept: config.deliverer.admin_answers_kept })
}

fn controller(config: &Config, url: &str) -> anyhow::Result<Controller> {
    let key = config.deliverer.controllers_key.as_ref().map(|key| key.reveal());
    let keyed = key.map_or_else(|| url.to_owned(), |key| format!("{url}#{key}"));
    Controller::parse(&keyed).ok_or_else(|| {
        Misuse("`deliverer.controllers` names none of http or https".to_owned()).into()
    })
}

/// A deliverer, as operators see it.
pub struct Counters {
    /// What happened to messages.
    pub tally: Arc<Tally>,
    /// Begins the end.
    pub stop: CancellationToken,
}

impl Operated for Counters {
    fn metrics(&self) -> String {
        let mut out = Exposition::default();
        write(&self.tally, &mut out);
        out.resident();
        out.0
    }

    fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}

/// Writes a deliverer's counters.
pub fn write(tally: &Tally, out: &mut Exposition) {
    let counts = tally.counts().map(|(name, count)| (name.to_owned(), count));
    out.counters("restante_deliverer_total", "What became of messages.", "outcome", &counts);
    let (name, help) = ("restante_deliverer_endpoints", "Endpoints that are delivered to now.");
    out.single(name, help, "gauge", tally.lanes() as u64);
}
