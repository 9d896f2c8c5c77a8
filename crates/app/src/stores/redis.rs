//! Redis and Redis Cluster.

use std::sync::Arc;

use anyhow::anyhow;
use async_trait::async_trait;
use config::{Config, Login, RedisUrl};
use store::{Clock, Stores, Timestamp};
use store_redis::{ConnectError, Credentials, Options, RedisStore, Settings, Ssl};

use super::{Promise, Server, login};
use crate::exit::Misuse;

/// Connects to the server or the cluster at `url`.
///
/// # Errors
/// Everything that an operator may have to change.
pub async fn open(
    config: &Config,
    url: &RedisUrl,
    login: &Login,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<(Stores, Arc<dyn Server>)> {
    let options = options(config, url, login)?;
    let store = RedisStore::connect(options, clock).await.map_err(explain)?;
    Ok((Stores::of(store.clone()), Arc::new(Redis(store))))
}

/// Connects to the server or the cluster at `url`, for keys that are not those of stores.
///
/// # Errors
/// Everything that an operator may have to change.
pub async fn queues(
    config: &Config,
    url: &RedisUrl,
    login: &Login,
) -> anyhow::Result<store_redis::Redis> {
    store_redis::Redis::connect(&options(config, url, login)?).await.map_err(explain)
}

fn options(config: &Config, url: &RedisUrl, login: &Login) -> anyhow::Result<Options> {
    let ssl = &config.redis_ssl;
    let username = login.username.clone();
    Ok(Options {
        connection: url.to_string(),
        max_connections: config.redis.max_connections,
        credentials: login::password(login)?.map(|password| Credentials { username, password }),
        ssl: Ssl {
            cacerts: ssl.cacerts.clone(),
            certificate: ssl.certificate.clone(),
            key: ssl.key.clone(),
        },
        prefix: config.redis.prefix.clone(),
    })
}

/// What passes by itself is a failure, and worth another start; what an operator has to change is not.
fn explain(error: ConnectError) -> anyhow::Error {
    match error {
        ConnectError::Unreachable { .. }
        | ConnectError::ClusterDown { .. }
        | ConnectError::Other { .. } => anyhow!("{error}"),
        error => Misuse(error.to_string()).into(),
    }
}

struct Redis(Arc<RedisStore>);

#[async_trait]
impl Server for Redis {
    async fn time(&self) -> store::Result<Timestamp> {
        self.0.time().await
    }

    async fn promise(&self) -> store::Result<Promise> {
        Ok(promise_of(&self.0.settings().await?))
    }
}

#[async_trait]
impl Server for store_redis::Redis {
    async fn time(&self) -> store::Result<Timestamp> {
        store_redis::Redis::time(self).await
    }

    async fn promise(&self) -> store::Result<Promise> {
        Ok(promise_of(&self.settings().await?))
    }
}

fn promise_of(settings: &Settings) -> Promise {
    let (row, loss, advice) = row(settings.promise());
    let mut advice: Vec<_> = advice.iter().map(|text| (*text).to_owned()).collect();
    advice.extend(about_replicas(settings));
    if settings.appendfsync.is_none() {
        advice.push(
            "CONFIG GET is not allowed here: what it would say is taken for the default".to_owned(),
        );
    }
    Promise { row: row.to_owned(), loss: format!("{loss}{}", failover(settings)), advice }
}

/// The row of the table in `docs/topics/many-instances.md`.
fn row(promise: store_redis::Promise) -> (&'static str, &'static str, &'static [&'static str]) {
    use store_redis::Promise as P;
    match promise {
        P::Nothing => (
            "redis, no persistence",
            "all mail, when a server stops",
            &[
                "set appendonly yes, and appendfsync always if nothing that was accepted may be lost",
            ],
        ),
        P::UpToTheLastSnapshot => (
            "redis, snapshots alone",
            "what came after the last snapshot, when a server stops",
            &[
                "set appendonly yes, and appendfsync always if nothing that was accepted may be lost",
            ],
        ),
        P::AllButTheLastSeconds => (
            "redis, appendonly yes, appendfsync everysec",
            "the mail of about two seconds, when a server's machine loses power; nothing, when its process is killed",
            &[],
        ),
        P::WhileTheDiskLasts => (
            "redis, appendonly yes, appendfsync always",
            "nothing by a crash, as long as the disk lives",
            &[],
        ),
    }
}

fn failover(settings: &Settings) -> &'static str {
    if settings.replicas == 0 {
        ""
    } else {
        "; a replica that takes over lacks the mail of the last moments"
    }
}

fn about_replicas(settings: &Settings) -> Option<String> {
    (settings.replicas > 0 && settings.min_replicas_to_write == Some(0)).then(|| {
        "min-replicas-to-write is 0: a primary that was cut off from its replicas goes on accepting mail, which is lost when one of \
         them takes over"
            .to_owned()
    })
}
