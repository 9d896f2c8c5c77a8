//! What relay and deliverer share: the Redis, what lies in it under the names of queues, and the port for statuses.

use acapy::misplaced;
use acapy::wire::Names;
use config::Config;
use store_redis::Redis;

use super::{Report, stores};
use crate::queues;

/// Looks at the Redis.
pub async fn examine(config: &Config, report: &mut Report) {
    status(config, report);
    let names = match queues::names(config) {
        Ok(names) => names,
        Err(error) => return report.wrong("names", format!("{error:#}")),
    };
    match queues::redis(config).await {
        Ok(redis) => redis_itself(config, &redis, &names, report).await,
        Err(error) => report.wrong("redis", format!("{error:#}")),
    }
}

async fn redis_itself(config: &Config, redis: &Redis, names: &Names, report: &mut Report) {
    stores::server("redis", &config.mail_engine().to_string(), Some(redis), report).await;
    if !redis.is_cluster() && config.relay.streams.is_none() {
        report.advice(
            "redis",
            "is no cluster, and ACA-Py's plug-in knows nothing else: one server will do, with `cluster-enabled yes` and all slots",
        );
    }
    match misplaced(redis, names).await {
        Ok(keys) if keys.is_empty() => report.good("queues", "nothing else has their names"),
        Ok(keys) => keys.iter().for_each(|key| {
            let (name, found, expected) = (&key.name, &key.found, key.expected);
            report.wrong(
                "queues",
                format!("`{name}` is a {found} and not a {expected}: remove or rename it"),
            );
        }),
        Err(error) => report.wrong("queues", error.to_string()),
    }
}

fn status(config: &Config, report: &mut Report) {
    let said = &config.acapy;
    let parts =
        [said.status_host.is_some(), said.status_port.is_some(), said.status_api_key.is_some()];
    match parts.iter().filter(|said| **said).count() {
        0 => {}
        3 => report.good("status", "address, port and key are set"),
        _ => report.wrong(
            "status",
            "is not told: it takes `acapy.status_host`, `acapy.status_port` and `acapy.status_api_key`",
        ),
    }
}
