//! The connection that hears what other instances did, and what is done when it was deaf.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use store::{Epoch, RecipientId, Result};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_postgres::Notification;

use crate::engine::Engine;
use crate::error::failure;
use crate::link::{Dial, Link, PATIENCE};
use crate::values::{number, owner};

/// How often this store says that it lives, and sees that the connection does.
const PULSE: Duration = Duration::from_millis(500);
/// The mail of all mailboxes that are watched here is looked for so often, if no wake came.
const SWEEP: Duration = Duration::from_secs(30);
/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(200);
/// Mailboxes that one query asks about.
const AT_ONCE: usize = 1000;
/// An owner in base64.
const OWNER: usize = 24;

/// A connection that listens.
pub(crate) struct Ear {
    link: Link,
    heard: UnboundedReceiver<Notification>,
}

impl Ear {
    pub(crate) async fn open(dial: &Dial, schema: &str) -> Result<Self> {
        let (sender, heard) = mpsc::unbounded_channel();
        let open = async {
            let mut link = Link::open_and_listen(dial, Some(sender)).await?;
            link.client().batch_execute(&format!("listen \"restante:{schema}\"")).await?;
            Ok(Self { link, heard })
        };
        open.await.map_err(|error: tokio_postgres::Error| failure(&error))
    }
}

/// Listens for ever.
pub(crate) async fn listen(engine: Arc<Engine>, dial: Arc<Dial>, mut ear: Ear) {
    loop {
        hear(&engine, &mut ear).await;
        engine.cache.local.distrust();
        tracing::warn!("the connection that listens to PostgreSQL is lost");
        drop(ear);
        ear = reopen(&engine, &dial).await;
        tracing::info!("listening to PostgreSQL again");
    }
}

async fn reopen(engine: &Arc<Engine>, dial: &Dial) -> Ear {
    loop {
        match Ear::open(dial, &engine.schema).await {
            Ok(ear) => match catch_up(engine).await {
                Ok(()) => return ear,
                Err(error) => tracing::debug!(%error, "what was missed cannot be looked for"),
            },
            Err(error) => tracing::debug!(%error, "cannot listen to PostgreSQL"),
        }
        sleep(PAUSE).await;
    }
}

/// Returns when the connection is lost.
async fn hear(engine: &Arc<Engine>, ear: &mut Ear) {
    let (mut pulse, mut sweeps) = (interval(PULSE), interval(SWEEP));
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    sweeps.reset();
    loop {
        tokio::select! {
            notification = ear.heard.recv() => match notification {
                Some(notification) => engine.take_note(notification.payload()),
                None => return,
            },
            _ = pulse.tick() => if !beat(engine, ear).await { return },
            _ = sweeps.tick() => if let Err(error) = sweep(engine).await {
                tracing::debug!(%error, "the sweep failed");
            },
        }
    }
}

/// Whether the server still answers. All that was told before it was asked has been heard then.
async fn beat(engine: &Arc<Engine>, ear: &mut Ear) -> bool {
    let asked = engine.clock.now();
    let answer = timeout(PATIENCE, ear.link.rows("select beat($1)", &[&engine.here])).await;
    while let Ok(notification) = ear.heard.try_recv() {
        engine.take_note(notification.payload());
    }
    if let Ok(Ok(_)) = answer {
        engine.trust(asked);
    }
    matches!(answer, Ok(Ok(_)))
}

/// After a time of deafness: the engine knows the readers of this process again, and those with mail are rung.
async fn catch_up(engine: &Engine) -> Result<()> {
    for watched in engine.bells.watched().chunks(AT_ONCE / 4) {
        let owners: Vec<_> = watched.iter().map(|(owner, _)| &owner.0[..]).collect();
        let epochs: Vec<_> = watched.iter().map(|(_, epoch)| number(epoch.0)).collect();
        let restore = "select restore($1, $2, $3)";
        engine.pool.rows(restore, &[&owners, &epochs, &engine.here]).await?;
    }
    sweep(engine).await
}

/// Rings everybody in this process who has mail that is not in flight, and who waits for work.
async fn sweep(engine: &Engine) -> Result<()> {
    engine.queue_bells.ring_all();
    for watched in engine.bells.watched().chunks(AT_ONCE) {
        let owners: Vec<_> = watched.iter().map(|(owner, _)| &owner.0[..]).collect();
        let rows = engine.pool.rows("select sweep($1, $2)", &[&owners, &engine.now()]).await?;
        for row in &rows {
            engine.bells.ring(owner(row.get(0))?);
        }
    }
    Ok(())
}

impl Engine {
    /// What the functions of the schema tell: `m`, who tells it, and owners who have mail; `d`, an owner and the epoch that displaces
    /// those before it; `q` and queues with work; `e`, `c` and `a`: evictions.
    fn take_note(self: &Arc<Self>, payload: &str) {
        let Some((kind, rest)) = payload.split_at_checked(1) else { return };
        match kind {
            "m" => self.mail_came(rest),
            "d" => self.displaced(rest),
            "q" => rest.split(',').filter_map(|queue| queue.parse().ok()).for_each(|queue| {
                self.queue_bells.ring(&queue);
            }),
            "e" | "c" => self.forget_cached(kind, rest),
            "a" => self.answered(rest),
            _ => tracing::debug!("a notification of another version"),
        }
    }

    fn mail_came(&self, told: &str) {
        let Some((teller, mailboxes)) = told.split_once(':') else { return };
        if teller != self.here.to_string() {
            owners(mailboxes).for_each(|owner| {
                self.bells.ring(owner);
            });
        }
    }

    fn displaced(&self, told: &str) {
        let Some((owner, epoch)) = told.split_at_checked(OWNER) else { return };
        if let (Some(owner), Ok(newest)) = (owners(owner).next(), epoch.parse()) {
            self.bells.displace(owner, Epoch(newest));
        }
    }
}

fn owners(text: &str) -> impl Iterator<Item = RecipientId> {
    let decoded = text.as_bytes().chunks_exact(OWNER).map(|owner| STANDARD.decode(owner));
    decoded.filter_map(|bytes| Some(RecipientId(bytes.ok()?.try_into().ok()?)))
}
