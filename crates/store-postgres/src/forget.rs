//! Clearing up.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::engine::Engine;
use crate::values::column;

/// How often what no longer counts is cleared away,
const FORGET: Duration = Duration::from_secs(10);
/// and how many rows at a time.
const ROWS: i64 = 2000;

/// Clears away what no longer counts.
pub(crate) async fn forget(engine: Arc<Engine>) {
    let mut ticks = interval(FORGET);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        while forget_some(&engine).await {}
    }
}

/// Whether there may be more.
async fn forget_some(engine: &Engine) -> bool {
    let sql = "select forget($1, $2) as forgotten";
    let forgotten = engine.pool.row(sql, &[&engine.now(), &ROWS]).await;
    let forgotten = forgotten.and_then(|row| column::<i64>(&row, "forgotten"));
    forgotten.is_ok_and(|forgotten| forgotten >= ROWS)
}
