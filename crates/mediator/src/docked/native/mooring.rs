//! The dock's end of the native link.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use store::{Claimant, Clock, Epoch, Pushed, QueueName, Result, Role, Stores};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::job::joined;
use super::super::{BerthId, Event, Note, Reach, push};
use super::posts::{self, Outcome, Posted};
use super::settled::Told;
use super::{Order, estate, id_of, orders_of};
use crate::ids::random_u64;
use crate::{Answer, Receipt};

/// Who has the sockets. Nothing of it waits.
pub trait Quay: Send + Sync + 'static {
    /// Carries an order out. One for a socket that is gone is passed over.
    fn carry_out(&self, order: Order) -> impl Future<Output = ()> + Send;

    /// Closes all sockets, so that their wallets come again: mediators took this dock for dead, or the store has lost what it knew
    /// of it, and nobody serves them any more.
    fn let_all_go(&self);
}

/// What ties a dock to the mediators behind it.
pub struct Mooring {
    stores: Stores,
    clock: Arc<dyn Clock>,
    name: String,
    queue: QueueName,
    requests: Mutex<HashMap<u64, oneshot::Sender<Outcome>>>,
    last_request: AtomicU64,
    told: Told,
}

/// How often a dock shows that it lives, and how long that counts: as with instances.
const SIGN_EVERY: Duration = Duration::from_secs(1);
pub(super) const SIGN_LASTS: Duration = Duration::from_secs(4);

/// Longer than a mediator holds an envelope whose store is away.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

const PAGE: usize = 256;
const IDLE: Duration = Duration::from_secs(3);
const STORE_AWAY: Duration = Duration::from_secs(1);

/// Orders are this dock's alone: a lease only has to outlast their being carried out.
const LEASE: Duration = Duration::from_secs(10);

impl Mooring {
    /// A tie that nothing goes over yet. `host` is a name for people; each start adds something of its own to it.
    pub fn new(stores: Stores, clock: Arc<dyn Clock>, host: &str) -> Arc<Self> {
        let is_allowed = |letter: &char| letter.is_ascii_alphanumeric() || "._-".contains(*letter);
        let host: String = host.chars().filter(is_allowed).take(40).collect();
        let name = format!("{host}-{:016x}", random_u64());
        let queue = orders_of(&name).unwrap_or_else(|| unreachable!("letters and digits"));
        let (requests, last_request) = (Mutex::default(), AtomicU64::new(0));
        let told = Told::default();
        Arc::new(Self { stores, clock, name, queue, requests, last_request, told })
    }

    /// The name of this dock.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells what happened on a socket. When this returns, it is kept.
    ///
    /// # Errors
    /// If it could not be kept.
    pub async fn tell(&self, berth: BerthId, event: Event) -> Result<()> {
        self.tell_counted(berth, event, None).await
    }

    /// The same of a message, and which one of its socket it is, from 1 on. One whose keeping was in doubt may be told again.
    ///
    /// # Errors
    /// As [`Mooring::tell`]. It may have been kept all the same.
    pub async fn tell_counted(
        &self,
        berth: BerthId,
        event: Event,
        number: Option<u64>,
    ) -> Result<()> {
        let reach = Some(Reach::Queue(self.name.clone()));
        push(&self.stores, &Note { berth, reach, event, number }).await
    }

    /// Has an envelope dealt with, and waits for the answer.
    pub async fn post(self: &Arc<Self>, envelope: &[u8]) -> Answer {
        let request = self.last_request.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.requests.lock().insert(request, answer);
        let line = Posted { dock: self.name.clone(), request };
        let job = joined(&line, envelope);
        let pushed = self.stores.queue.push(&posts::posted(), &[job], posts::ROOM).await;
        let outcome = match pushed {
            Ok(Pushed::Kept) => {
                timeout(ANSWERED_WITHIN, answered).await.ok().and_then(|it| it.ok())
            }
            Ok(Pushed::NoRoom) | Err(_) => None,
        };
        self.requests.lock().remove(&request);
        // Nobody knows whether it was kept, and no status may be given that a sender takes for yes or no.
        outcome
            .map_or(Answer::Cut, |outcome| outcome.into_answer(|core| self.receipt(core, request)))
    }

    fn receipt(self: &Arc<Self>, core: String, request: u64) -> Receipt {
        let mooring = self.clone();
        Receipt::new(move |taken| async move {
            let end = ((mooring.name.clone(), request), taken);
            mooring.told.tell(&mooring.stores, &*mooring.clock, core, end).await;
        })
    }

    /// Carries out what mediators order, until `stop`. Shows that the dock lives as long as it runs.
    pub async fn run<Q: Quay>(self: Arc<Self>, quay: Arc<Q>, stop: CancellationToken) {
        tokio::select! { biased;
            () = stop.cancelled() => {}
            () = self.show_life(quay.as_ref()) => {}
            () = self.carry_out_orders(quay.as_ref()) => {}
            () = self.told.clear(&self.stores, &*self.clock) => {}
        }
        if let Ok(Some(location)) =
            self.stores.presence.locate(id_of(&self.name), self.clock.now()).await
        {
            let _ = self.stores.presence.release(id_of(&self.name), location.epoch).await;
        }
    }

    async fn show_life<Q: Quay>(&self, quay: &Q) {
        let mut claim = None;
        loop {
            if let Err(error) = self.sign(&mut claim, quay).await {
                tracing::debug!(%error, "the store does not hear that this dock is alive");
            }
            sleep(SIGN_EVERY).await;
        }
    }

    async fn sign<Q: Quay>(&self, claim: &mut Option<Epoch>, quay: &Q) -> Result<()> {
        let (presence, id) = (&self.stores.presence, id_of(&self.name));
        presence.renew(&self.name, self.clock.now() + SIGN_LASTS).await?;
        let located = presence.locate(id, self.clock.now()).await?;
        if claim.is_some() && located.map(|location| location.epoch) == *claim {
            return Ok(());
        }
        if claim.take().is_some() {
            tracing::warn!("this dock was taken for dead, its sockets are closed");
            quay.let_all_go();
        }
        let claimant = Claimant { instance: self.name.clone(), role: Role::Session };
        let epoch = presence.claim(id, &claimant).await?;
        estate::put_down(&self.stores, &self.name).await?;
        *claim = Some(epoch);
        Ok(())
    }

    async fn carry_out_orders<Q: Quay>(&self, quay: &Q) {
        loop {
            if let Err(error) = self.listen(quay).await {
                tracing::debug!(%error, "orders from mediators cannot be heard");
            }
            sleep(STORE_AWAY).await;
        }
    }

    async fn listen<Q: Quay>(&self, quay: &Q) -> Result<()> {
        let mut bell = self.stores.queue.watch(&self.queue).await?;
        loop {
            let until = self.clock.now() + LEASE;
            let claim = self.stores.queue.claim(&self.queue, PAGE, until).await?;
            let is_all = claim.jobs.len() < PAGE;
            let mut tickets = Vec::with_capacity(claim.jobs.len());
            for job in claim.jobs {
                match Order::from_job(&job.body) {
                    Some(Order::Answer(request, outcome)) => self.answer(request, outcome),
                    Some(order) => quay.carry_out(order).await,
                    None => tracing::warn!("something that is no order is thrown away"),
                }
                tickets.push(job.ticket);
            }
            let finished = join_all(
                tickets.iter().map(|ticket| self.stores.queue.finish(&self.queue, *ticket)),
            );
            finished.await.into_iter().collect::<Result<Vec<_>>>()?;
            if is_all {
                // Late rings are made up for by looking.
                let _ = timeout(IDLE, bell.next()).await;
            }
        }
    }

    fn answer(&self, request: u64, outcome: Outcome) {
        if let Some(answer) = self.requests.lock().remove(&request) {
            // Whoever asked may have gone.
            let _ = answer.send(outcome);
        }
    }
}
