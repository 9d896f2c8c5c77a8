//! How a shard passes from one instance to the next, and how the one before finds out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use store::{Demand, Holder, Position, Result, StoreError, Timestamp};
use tokio::time::sleep;

use super::{LEASE, STORE_AWAY, Shard, State};
use crate::docked::BerthId;
use crate::docked::register::Entry;

impl Shard {
    /// It is not ours any more. If it is nobody's, or its register is gone, the store has lost what it knew: then sockets are closed, and
    /// their wallets come again.
    pub async fn lose(&self) {
        let located = self.office.stores.presence.locate(self.id(), self.office.clock.now()).await;
        let is_elsewhere = matches!(located, Ok(Some(other)) if other.claimant.instance != self.office.postman.instance);
        tracing::warn!(shard = self.number, is_elsewhere, "a shard of sockets at docks was lost");
        if is_elsewhere {
            self.look_up().await;
        }
        self.is_lost.store(true, Ordering::Release);
        self.is_nobodys.store(!is_elsewhere, Ordering::Release);
    }

    /// It is to be somebody else's.
    pub async fn give(&self) {
        match self.is_ours().await {
            true => self.look_up().await,
            false => self.lose().await,
        }
    }

    /// Looks which sockets are in the register: those that the next one will know of, or does.
    async fn look_up(&self) {
        if let Ok(entries) = self.register().read().await {
            let marks = entries.into_iter().map(|(berth, (_, entry))| (berth, entry.mark));
            *self.registered.lock() = Some(marks.collect());
        }
    }

    /// Whether what was written with this mark of a socket is not in the register any more. If that could not be read, it is.
    pub fn has_forgotten(&self, berth: &BerthId, mark: u64) -> bool {
        let registered = self.registered.lock();
        registered.as_ref().is_some_and(|registered| registered.get(berth) != Some(&mark))
    }

    /// Whether somebody else may have taken it over.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    /// Whether the store has forgotten all about it.
    pub fn is_nobodys(&self) -> bool {
        self.is_nobodys.load(Ordering::Acquire)
    }

    /// Whether nobody has taken it over.
    pub async fn is_ours(&self) -> bool {
        let holder = Holder::Session(self.epoch());
        let now = self.office.clock.now();
        let leased = self
            .office
            .stores
            .mailbox
            .lease(self.id(), holder, now + LEASE, &Demand::NOTHING)
            .await;
        let is_ours = leased != Err(StoreError::Displaced);
        self.is_lost.fetch_or(!is_ours, Ordering::AcqRel);
        is_ours
    }

    /// Takes over what the register says, and is open from then on.
    pub async fn take_over(self: &Arc<Self>) {
        let entries = loop {
            match self.register().read().await {
                Ok(entries) => break entries,
                Err(error) => tracing::debug!(%error, "a register of sockets could not be read"),
            }
            if self.let_go.run_until_cancelled(sleep(STORE_AWAY)).await.is_none() {
                return;
            }
        };
        if !entries.is_empty() {
            tracing::info!(shard = self.number, sockets = entries.len(), "sockets are taken over");
        }
        let mut state = self.state.lock();
        for (position, entry) in entries.into_values() {
            self.go_on_with(&mut state, position, entry);
        }
        drop(state);
        self.open.store(true, Ordering::Release);
    }

    fn go_on_with(self: &Arc<Self>, state: &mut State, position: Position, entry: Entry) {
        let Entry { berth, reach, profile, mark } = entry;
        self.admit(state, berth, reach, |visit| visit.resumed(position, profile, mark));
    }

    /// Lets go of everything, so that somebody else can take it over at once.
    pub async fn leave(&self) -> Result<()> {
        self.open.store(false, Ordering::Release);
        self.let_go.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        let put_back = std::mem::take(&mut self.state.lock().put_back);
        for ticket in put_back {
            self.office.stores.queue.defer(&self.queue, ticket, Timestamp(0)).await?;
        }
        self.office.stores.presence.release(self.id(), self.epoch()).await?;
        let holder = Holder::Session(self.epoch());
        self.office.stores.mailbox.release(self.id(), holder, Duration::ZERO).await
    }
}
