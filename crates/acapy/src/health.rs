use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use store_redis::Redis;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Whether Redis answers, asked once a second.
#[derive(Debug, Default)]
pub struct Health {
    answers: AtomicBool,
    ends: CancellationToken,
}

impl Health {
    /// Watches until `stop`, from which on nothing is ready.
    #[must_use]
    pub fn watch(redis: Redis, stop: CancellationToken) -> Arc<Self> {
        let health = Arc::new(Self { answers: AtomicBool::new(true), ends: stop });
        let watched = health.clone();
        tokio::spawn(async move {
            let look = async {
                loop {
                    watched.note(redis.time().await.is_ok());
                    sleep(EVERY).await;
                }
            };
            let _ = watched.ends.run_until_cancelled(look).await;
        });
        health
    }

    /// Whether messages are taken.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_live() && !self.ends.is_cancelled()
    }

    /// Whether Redis answers.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.answers.load(Ordering::Relaxed)
    }

    fn note(&self, answers: bool) {
        match (self.answers.swap(answers, Ordering::Relaxed), answers) {
            (true, false) => tracing::warn!("Redis does not answer"),
            (false, true) => tracing::info!("Redis answers again"),
            _ => {}
        }
    }
}
