//! Whether the engines behind the stores answer, and what time it is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use store::Clock as _;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::clock::SystemClock;
use crate::stores::{Opened, Server};

/// How often an engine is asked; its answers also keep the clock at the engine's time.
const EVERY: Duration = Duration::from_secs(1);
/// An engine that takes longer does not serve anybody.
const PATIENCE: Duration = Duration::from_secs(2);
/// One question that went unanswered is a hiccup, and no reason to be taken out of a load balancer.
const HICCUPS: u32 = 1;

/// One engine, and whether it answers.
pub struct Watched {
    /// What it keeps, for metrics and logs.
    pub keeps: &'static str,
    server: Arc<dyn Server>,
    up: AtomicBool,
}

impl Watched {
    /// Whether it answered lately.
    pub fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }
}

/// All engines that are asked. The embedded one is not: it is part of this process.
pub struct Health {
    engines: Vec<Arc<Watched>>,
    /// With a spool, mail is taken without them.
    spools: bool,
}

impl Health {
    /// The engines behind these stores, which have answered just now.
    pub fn of(opened: &Opened, spools: bool) -> Self {
        let watched = |keeps, server: &Option<Arc<dyn Server>>| {
            let server = server.clone()?;
            Some(Arc::new(Watched { keeps, server, up: AtomicBool::new(true) }))
        };
        let engines = [watched("mail", &opened.mail), watched("keylists", &opened.keylists)];
        Self { engines: engines.into_iter().flatten().collect(), spools }
    }

    /// The engines.
    pub fn engines(&self) -> impl Iterator<Item = &Watched> {
        self.engines.iter().map(AsRef::as_ref)
    }

    /// Says in the log what each of them promises.
    pub async fn tell_promises(&self) {
        for engine in &self.engines {
            let store = engine.keeps;
            match engine.server.promise().await {
                Ok(promise) => {
                    tracing::info!(
                        store,
                        row = promise.row,
                        loss = promise.loss,
                        "what the store promises"
                    );
                    for advice in promise.advice {
                        tracing::warn!(store, advice, "the store could promise more");
                    }
                }
                Err(error) => tracing::warn!(store, %error, "what the store promises is unknown"),
            }
        }
    }

    /// Whether mail can be taken.
    pub fn is_good(&self) -> bool {
        self.spools || self.engines().all(Watched::is_up)
    }

    /// Asks each of them every second, until `stop`. `clock` follows the one that keeps mail.
    pub fn watch(&self, clock: &Arc<SystemClock>, stop: &CancellationToken) {
        for engine in &self.engines {
            let clock = (engine.keeps == "mail").then(|| clock.clone());
            let rounds = rounds(engine.clone(), clock);
            let stop = stop.clone();
            tokio::spawn(async move { stop.run_until_cancelled(rounds).await });
        }
    }
}

async fn rounds(engine: Arc<Watched>, clock: Option<Arc<SystemClock>>) {
    let mut unanswered = 0;
    loop {
        let answered = ask(engine.server.as_ref(), clock.as_deref()).await;
        unanswered = if answered { 0 } else { unanswered + 1 };
        let up = unanswered <= HICCUPS;
        if engine.up.swap(up, Ordering::Relaxed) != up {
            let store = engine.keeps;
            if up {
                tracing::info!(store, "the store is back");
            } else {
                tracing::warn!(store, "the store does not answer");
            }
        }
        sleep(EVERY).await;
    }
}

/// Asks for the time, and sets the clock by it. Whether there was an answer.
pub async fn ask(server: &dyn Server, clock: Option<&SystemClock>) -> bool {
    let asked = Instant::now();
    let answer = timeout(PATIENCE, server.time()).await;
    let Ok(Ok(time)) = answer else { return false };
    if let Some(clock) = clock {
        clock.anchor(time, asked.elapsed());
        tracing::trace!(now = clock.now().0, "the clock follows the store's");
    }
    true
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
