use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Nothing that a server is waited for takes longer, also on a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until this holds.
///
/// # Panics
/// If it does not within [`PATIENCE`].
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "in vain: {what}");
        sleep(LOOK_EVERY).await;
    }
}
