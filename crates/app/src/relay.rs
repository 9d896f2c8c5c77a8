//! From a configuration to a relay that serves.

mod metrics;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use acapy::Health;
use acapy::private::{AdminProxy, PrivateOffice, WebhookTaker};
use acapy::relay::{
    Answering, KeySource, KeysInFile, KeysOfAgent, Relay, RelayOptions, RelayPages,
};
use anyhow::Context;
use config::{Config, PublicUrl};
use store_redis::Redis;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use transport::{Drain, ServeOptions, Tally};

use self::metrics::Counters;
use crate::clock::SystemClock;
use crate::crowd::limit_addresses_unless_proxied;
use crate::exit::Misuse;
use crate::{admin, assembly, deliverer, queues, signals};

/// How often the clock is set by that of Redis.
const ANCHOR_EVERY: Duration = Duration::from_secs(10);

/// How long an agent may take to tell its keys.
const KEYS_WITHIN: Duration = Duration::from_secs(15);

/// How long what is under way on the private port may take at the end.
const LAST_CALLS: Duration = Duration::from_secs(1);

/// Serves a relay until SIGTERM or SIGINT, and beside it a deliverer, if it `delivers`.
///
/// # Errors
/// If Redis is not to be had, a port cannot be listened on, or a setting cannot be followed.
pub async fn serve(config: Config, delivers: bool) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    signals::watch(stop.clone())?;
    let redis = queues::redis(&config).await?;
    let health = Health::watch(redis.clone(), stop.clone());
    queues::tell_status(&config, &health, &stop).await?;
    let delivering = match delivers {
        true => Some(deliver(&config, &redis, &stop).await?),
        false => None,
    };
    relay(&config, redis, &health, &stop).await?;
    if let Some(delivering) = delivering {
        delivering.await?;
    }
    tracing::info!("stopped");
    Ok(())
}

async fn deliver(
    config: &Config,
    redis: &Redis,
    stop: &CancellationToken,
) -> anyhow::Result<JoinHandle<()>> {
    let deliverer = deliverer::assemble(config, redis.clone()).await?;
    let (stop, patience) = (stop.clone(), config.shutdown.deadline);
    Ok(tokio::spawn(async move { deliverer::run(&deliverer, &stop, patience).await }))
}

async fn relay(
    config: &Config,
    redis: Redis,
    health: &Arc<Health>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let listeners = listen(config).await?;
    let clock = clock(&redis, stop).await;
    let options = relay_options(config).await?;
    let (relay, housekeeping) = Relay::new(redis.clone(), clock.clone(), options);
    let port = Arc::new(Tally::default());
    let counters = Counters {
        relay: relay.clone(),
        health: health.clone(),
        port: port.clone(),
        stop: stop.clone(),
    };
    admin::listen(config.admin.listen, counters).await?;
    // What is still taken in at the end wants its keys assigned.
    let end = CancellationToken::new();
    let keeping_house = tokio::spawn(housekeeping.run(end.clone()));
    serve_agents(config, &redis, clock, (&relay, health), &end).await?;
    let mut serving = Vec::new();
    for listener in listeners {
        tracing::info!(address = %listener.local_addr()?, "envelopes are taken over HTTP and WebSocket");
        let options = port_options(config, health, &port)?;
        let drain = drain(stop, config.shutdown.deadline);
        serving.push(tokio::spawn(transport::serve(listener, relay.clone(), options, drain)));
    }
    for served in serving {
        served.await?.context("serving ended")?;
    }
    end.cancel();
    Ok(keeping_house.await?)
}

async fn listen(config: &Config) -> anyhow::Result<Vec<TcpListener>> {
    let mut binds = config.relay.inbound.0.clone();
    if binds.is_empty() {
        let address = config.listen.address;
        binds.push((address.ip().to_string(), address.port()));
    }
    let mut listeners = Vec::new();
    for (host, port) in binds {
        listeners.push(bind((&host, port)).await?);
    }
    Ok(listeners)
}

async fn bind((host, port): (&str, u16)) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((host, port)).await;
    listener.map_err(|error| Misuse(format!("cannot listen on {host}:{port}: {error}")).into())
}

/// How a port for strangers is served.
fn port_options(
    config: &Config,
    health: &Arc<Health>,
    tally: &Arc<Tally>,
) -> anyhow::Result<ServeOptions> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 80));
    let direct = || PublicUrl::direct(any, config.tls.files().is_some());
    let url = config.listen.public_url.clone().or_else(direct).context("no URL")?;
    let mut limits = assembly::limits(config, &url);
    limit_addresses_unless_proxied(config, &mut limits);
    Ok(ServeOptions {
        limits,
        tls: assembly::certificates(&config.tls)?,
        proxies: assembly::proxies(config)?,
        pages: Arc::new(RelayPages(health.clone())),
        tally: tally.clone(),
    })
}

fn drain(begin: &CancellationToken, patience: Duration) -> Drain {
    Drain { begin: begin.clone(), spread: patience / 4, patience }
}

/// A clock that agrees with that of Redis, until `stop`.
async fn clock(redis: &Redis, stop: &CancellationToken) -> Arc<SystemClock> {
    let clock = Arc::new(SystemClock::start());
    anchor(&clock, redis).await;
    let (kept, redis, stop) = (clock.clone(), redis.clone(), stop.clone());
    tokio::spawn(async move {
        while stop.run_until_cancelled(sleep(ANCHOR_EVERY)).await.is_some() {
            anchor(&kept, &redis).await;
        }
    });
    clock
}

async fn anchor(clock: &SystemClock, redis: &Redis) {
    let asked = Instant::now();
    if let Ok(time) = redis.time().await {
        clock.anchor(time, asked.elapsed());
    }
}

/// The port for agents and controllers, if there is to be one.
async fn serve_agents(
    config: &Config,
    redis: &Redis,
    clock: Arc<SystemClock>,
    (relay, health): (&Arc<Relay>, &Arc<Health>),
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let Some(address) = config.relay.private_listen else { return Ok(()) };
    let listener = bind((&address.ip().to_string(), address.port())).await?;
    tracing::info!(address = %listener.local_addr()?, admin = config.relay.admin, "agents and controllers are served");
    let (names, tally) = (queues::names(config)?, relay.tally());
    let webhooks = WebhookTaker::new(redis.clone(), &names, config.relay.webhooks, tally.clone());
    let admin = config.relay.admin.then(|| {
        let patience = config.relay.admin_timeout;
        let proxy = AdminProxy::new(redis.clone(), clock, &names, patience, tally);
        let (working, stop) = (proxy.clone(), stop.clone());
        tokio::spawn(async move { working.run(stop).await });
        proxy
    });
    let office =
        PrivateOffice { webhooks: Some(webhooks), admin, ..PrivateOffice::new(health.clone()) };
    let (drain, options) = (drain(stop, LAST_CALLS), queues::private(health));
    tokio::spawn(transport::serve(listener, Arc::new(office), options, drain));
    Ok(())
}

async fn relay_options(config: &Config) -> anyhow::Result<RelayOptions> {
    let relay = &config.relay;
    Ok(RelayOptions {
        limits: didcomm::Limits {
            envelope_bytes: config.transport.largest_message(),
            ..didcomm::Limits::default()
        },
        keys: keys(config).await?,
        most_keys: relay.keys,
        most_messages: relay.messages_per_key,
        streams: relay.streams.and_then(|parts| u16::try_from(parts).ok()),
        carries_over: relay.carry_over,
        store_patience: relay.store_patience,
        look_every: relay.look_every,
        silence: relay.silence,
        answers: match relay.answers {
            config::Answering::Never => Answering::Never,
            config::Answering::Sockets => Answering::Sockets,
            config::Answering::All => Answering::All,
        },
        answer_patience: relay.answer_patience,
        ..RelayOptions::new(queues::names(config)?)
    })
}

/// Where the keys of agents are learned, if they are.
///
/// # Errors
/// If a setting cannot be followed.
pub async fn keys(config: &Config) -> anyhow::Result<Option<Arc<dyn KeySource>>> {
    let relay = &config.relay;
    if let Some(path) = &relay.keys_file {
        return Ok(Some(Arc::new(KeysInFile(path.clone()))));
    }
    let Some(url) = &relay.keys_admin else { return Ok(None) };
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(Misuse("relay.keys_admin is a URL of http or https".to_owned()).into());
    }
    let carrier = queues::carrier(config, true, KEYS_WITHIN).await?;
    let key = relay.keys_admin_key.as_ref().map(config::Secret::reveal);
    Ok(Some(Arc::new(KeysOfAgent::new(carrier, url, key))))
}
