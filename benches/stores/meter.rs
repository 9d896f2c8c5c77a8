//! Time and CPU.

use std::fmt;
use std::fs;

use servers::{Postgres, RedisServer};
use tokio::time::Instant;

use crate::Engine;

/// Reads clocks before and after.
pub struct Meter<'a>(&'a Engine);

/// What so many messages cost.
pub struct Cost {
    messages: u64,
    seconds: f64,
    ours: f64,
    engine: f64,
}

impl<'a> Meter<'a> {
    /// One that reads this engine's clock too.
    #[must_use]
    pub fn of(engine: &'a Engine) -> Self {
        Self(engine)
    }

    /// What it costs until the number of messages is known.
    pub async fn measure(&self, act: impl Future<Output = u64>) -> Cost {
        let engine = self.engine().await;
        let (start, ours) = (Instant::now(), own());
        let messages = act.await.max(1);
        let (seconds, ours) = (start.elapsed().as_secs_f64(), own() - ours);
        Cost { messages, seconds, ours, engine: self.engine().await - engine }
    }

    /// CPU seconds of a process of its own.
    async fn engine(&self) -> f64 {
        match self.0 {
            Engine::Embedded(..) => 0.0,
            Engine::Redis(server) => of_redis(server).await,
            Engine::Postgres(server) => of_postgres(server),
        }
    }
}

impl Cost {
    /// How many those were.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.messages
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages = self.messages as f64;
        let (rate, ours) = (messages / self.seconds, self.ours * 1e6 / messages);
        write!(f, "{rate:>6.0}/s, {ours:>5.1} µs of CPU a message")?;
        match self.engine * 1e6 / messages {
            engine if engine > 0.0 => write!(f, " and {engine:>5.1} µs of the engine's"),
            _ => Ok(()),
        }
    }
}

fn own() -> f64 {
    spent("/proc/self/stat", 11)
}

/// Redis says itself, in microseconds.
async fn of_redis(server: &RedisServer) -> f64 {
    let said = server.cli(&["INFO", "cpu"]).await;
    let values = said.lines().filter_map(|line| line.trim().split_once(':'));
    values
        .filter(|(name, _)| matches!(*name, "used_cpu_sys" | "used_cpu_user"))
        .filter_map(|(_, value)| value.parse::<f64>().ok())
        .sum()
}

/// The postmaster and its children, those that ended included.
fn of_postgres(server: &Postgres) -> f64 {
    let file = server.socket_directory().join("data/postmaster.pid");
    let text = fs::read_to_string(file).expect("a server that runs");
    let postmaster = text.lines().next().expect("its number");
    let processes = fs::read_dir("/proc").expect("processes").flatten();
    let stats = processes.map(|process| process.path().join("stat").display().to_string());
    let is_child =
        |stat: &String| field(stat, 1).is_some_and(|parent| parent.to_string() == postmaster);
    let own = format!("/proc/{postmaster}/stat");
    let children: f64 = stats.filter(is_child).map(|stat| spent(&stat, 11)).sum();
    children + spent(&own, 11) + spent(&own, 13)
}

/// Seconds in user and in kernel mode: two numbers of ticks of 10 ms that stand side by side.
fn spent(stat: &str, place: usize) -> f64 {
    let ticks = field(stat, place).unwrap_or(0) + field(stat, place + 1).unwrap_or(0);
    ticks as f64 / 100.0
}

/// A number of `/proc/*/stat`, counted from behind the name, which may hold spaces: 1 is the parent.
fn field(stat: &str, place: usize) -> Option<u64> {
    let text = fs::read_to_string(stat).ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(place)?.parse().ok()
}
