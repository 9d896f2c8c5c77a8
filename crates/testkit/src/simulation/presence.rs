//! The store's presence as one mediator reaches it: its signs of life may go astray, and its questions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use parking_lot::Mutex;
use store::{Claimant, Epoch, Location, Presence, RecipientId, Result, StoreError, Timestamp};

/// Presence over another.
pub struct Faint {
    inner: Arc<dyn Presence>,
    /// While it is on, the store does not hear that this mediator is alive.
    unheard: AtomicBool,
    /// Of whom it gives no answer.
    silent_about: Mutex<Option<RecipientId>>,
}

impl Faint {
    /// One that works.
    pub fn new(inner: Arc<dyn Presence>) -> Arc<Self> {
        Arc::new(Self { inner, unheard: AtomicBool::new(false), silent_about: Mutex::default() })
    }

    /// Whoever asks where this one is gets no answer.
    pub fn be_silent_about(&self, owner: Option<RecipientId>) {
        *self.silent_about.lock() = owner;
    }

    /// Whether signs of life go astray.
    pub fn be_unheard(&self, on: bool) {
        self.unheard.store(on, Ordering::Relaxed);
    }
}

#[async_trait]
impl Presence for Faint {
    async fn claim(&self, owner: RecipientId, claimant: &Claimant) -> Result<Epoch> {
        self.inner.claim(owner, claimant).await
    }

    async fn claim_vacant(
        &self,
        owner: RecipientId,
        claimant: &Claimant,
        now: Timestamp,
    ) -> Result<Option<Epoch>> {
        self.inner.claim_vacant(owner, claimant, now).await
    }

    async fn renew(&self, instance: &str, until: Timestamp) -> Result<()> {
        if self.unheard.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("the sign of life went astray".to_owned()));
        }
        self.inner.renew(instance, until).await
    }

    async fn release(&self, owner: RecipientId, epoch: Epoch) -> Result<()> {
        self.inner.release(owner, epoch).await
    }

    async fn locate(&self, owner: RecipientId, now: Timestamp) -> Result<Option<Location>> {
        if *self.silent_about.lock() == Some(owner) {
            return Err(StoreError::Unavailable("the question went astray".to_owned()));
        }
        self.inner.locate(owner, now).await
    }
}
