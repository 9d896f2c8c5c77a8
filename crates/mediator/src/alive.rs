//! Signs of life of this instance.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::Mediator;

/// How often an instance shows that it is alive.
const SIGN_EVERY: Duration = Duration::from_secs(1);

/// An instance that has not shown so for this long is taken for dead: its agents are served by others.
const SIGN_LASTS: Duration = Duration::from_secs(4);

impl Mediator {
    /// Tells the store again and again that this instance lives, so that its claims and what its sessions have in flight
    /// stand. A store that does not hear it costs nothing but that: the sessions go on, and what they claimed stands again as soon as the
    /// store is back. Never ends.
    pub(crate) async fn show_life(&self) {
        let mut ticks = interval(SIGN_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut is_heard = true;
        loop {
            ticks.tick().await;
            let until = self.clock.now() + SIGN_LASTS;
            let renewed = self.stores.presence.renew(&self.session.instance, until).await;
            match &renewed {
                Err(error) if is_heard => {
                    tracing::warn!(%error, "the store does not hear that this instance is alive");
                }
                Ok(()) if !is_heard => tracing::info!("the store hears this instance again"),
                _ => {}
            }
            is_heard = renewed.is_ok();
            if is_heard {
                self.part_at_last().await;
            }
        }
    }
}
