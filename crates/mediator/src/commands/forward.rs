//! Routing (RFC 0094): an envelope is kept for the owner of a key.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use didcomm::{Destination, crypto};
use protocols::Forward;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{Appended, Letter, StoreError, Timestamp};
use tokio::time::{sleep, timeout};

use crate::directory::Route;
use crate::read::{Incoming, Unread};
use crate::{Mediator, Refusal, Stage};

/// Why a forward was not kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unkept {
    Refused(Refusal),
    StoreAway(StoreError),
}

impl From<StoreError> for Unkept {
    fn from(error: StoreError) -> Self {
        Self::StoreAway(error)
    }
}

impl From<Unread> for Unkept {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Refused(refusal) => Self::Refused(refusal),
            Unread::StoreAway(error) => Self::StoreAway(error),
        }
    }
}

/// Forwards wrapped for ourselves inside a forward to ourselves.
const HOPS_MOST: usize = 4;

/// How often a missing route is looked for while it may be under way.
const ROUTE_POLL: Duration = Duration::from_millis(100);

/// How often a store that is away is tried again.
pub(crate) const STORE_POLL: Duration = Duration::from_millis(200);

/// A store that has said nothing for this long is asked again: the first question may have got lost.
const ONE_ACT: Duration = Duration::from_secs(3);

impl Mediator {
    /// Keeps the envelope. When this returns it is durable in its recipient's mailbox.
    pub(crate) async fn forward(&self, forward: Forward) -> Result<(), Unkept> {
        let Forward { to, envelope } = self.unwrap_own_hops(forward).await?;
        let until = self.patience_ends();
        let _held = self.held.take(envelope.len()).ok_or_else(too_many)?;
        let Some(route) = self.find_route(&to, until).await? else { return self.for_nobody() };
        let letter = self.letter(to, envelope).ok_or(Unkept::Refused(Refusal::NotAMessage))?;
        self.tally.stage(Stage::Received, 1);
        self.keep(route, letter, until).await
    }

    fn for_nobody(&self) -> Result<(), Unkept> {
        if self.settings.patience.refuse_unknown {
            return Err(Unkept::Refused(Refusal::UnknownRecipient));
        }
        self.tally.refusal(Refusal::UnknownRecipient);
        Ok(())
    }

    /// Puts a letter into the mailbox, waiting for a store that is away.
    pub(crate) async fn keep(
        &self,
        route: Route,
        letter: Letter,
        until: Timestamp,
    ) -> Result<(), Unkept> {
        let append = || self.stores.mailbox.append(route.owner, letter.clone());
        let watched = match self.patiently(until, append).await? {
            Appended::Stored { watched, .. } => {
                self.tally.stage(Stage::Queued, 1);
                watched
            }
            Appended::Duplicate => {
                self.tally.stage(Stage::Duplicate, 1);
                // The attempt that kept it may have died before it sent somebody.
                false
            }
            Appended::MailboxFull => return Err(Unkept::Refused(Refusal::MailboxFull)),
        };
        if route.dialable {
            self.send_postman(route.owner, watched);
        }
        Ok(())
    }

    /// An envelope ready for a mailbox; `None` if it is no sealed envelope.
    pub(crate) fn letter(&self, destination: Destination, envelope: Bytes) -> Option<Letter> {
        let now = self.clock.now();
        let allowance = &self.settings.allowance;
        Some(Letter {
            dedupe: fingerprint(&envelope)?,
            envelope,
            destination,
            received: now,
            expires: now + allowance.retention,
            dedupe_window: allowance.dedupe_window,
            quota: allowance.mailbox,
        })
    }

    /// A sender may name us as several hops.
    async fn unwrap_own_hops(&self, mut forward: Forward) -> Result<Forward, Unkept> {
        for _ in 0..HOPS_MOST {
            if !self.is_own(&forward.to) {
                return Ok(forward);
            }
            match Box::pin(self.read(&forward.envelope, &|_| None)).await? {
                Incoming::Forward(inner) => forward = inner,
                _ => return Err(Unkept::Refused(Refusal::NotAMessage)),
            }
        }
        Err(Unkept::Refused(Refusal::NotAMessage))
    }

    /// Waits a little for a keylist update that may be under way: a wallet publishes a key as soon as it likes.
    async fn find_route(
        &self,
        to: &Destination,
        until: Timestamp,
    ) -> Result<Option<Route>, StoreError> {
        if let Some(route) = self.patiently(until, || self.directory.route(to)).await? {
            return Ok(Some(route));
        }
        let Ok(_place) = self.waiting_for_route.try_acquire() else { return Ok(None) };
        let mut waited = Duration::ZERO;
        while waited < self.settings.patience.for_route {
            let _ = tokio::time::timeout(ROUTE_POLL, self.keylists_changed.notified()).await;
            waited += ROUTE_POLL;
            if let Some(route) = self.directory.route(to).await? {
                return Ok(Some(route));
            }
        }
        Ok(None)
    }

    /// Until when whoever asks now is kept waiting for a store that is away.
    pub(crate) fn patience_ends(&self) -> Timestamp {
        self.clock.now() + self.settings.patience.for_store
    }

    /// Repeats an act while the store is away, for as long as a sender may be kept waiting: whether it says so or says nothing.
    pub(crate) async fn patiently<T, F, R>(&self, until: Timestamp, act: F) -> Result<T, StoreError>
    where
        F: Fn() -> R,
        R: Future<Output = Result<T, StoreError>>,
    {
        loop {
            match timeout(ONE_ACT, act()).await.unwrap_or_else(|_| Err(too_slow())) {
                Err(StoreError::Unavailable(_)) if self.clock.now() < until => {
                    sleep(STORE_POLL).await;
                }
                outcome => return outcome,
            }
        }
    }
}

fn too_slow() -> StoreError {
    StoreError::Unavailable("it did not answer in time".to_owned())
}

pub(crate) fn too_many() -> Unkept {
    let why = "too many wait for it".to_owned();
    Unkept::StoreAway(StoreError::Unavailable(why))
}

/// The four strings of a sealed envelope of either version, as they stand.
#[derive(Deserialize)]
struct Strings<'a> {
    #[serde(borrow)]
    protected: &'a RawValue,
    #[serde(borrow)]
    iv: &'a RawValue,
    #[serde(borrow)]
    ciphertext: &'a RawValue,
    #[serde(borrow)]
    tag: &'a RawValue,
}

/// Tells a retry of an envelope from another one, however its JSON was written again on the way. `None` for what is no
/// sealed envelope.
fn fingerprint(envelope: &[u8]) -> Option<[u8; 16]> {
    let strings: Strings<'_> = serde_json::from_slice(envelope).ok()?;
    let parts = [strings.protected, strings.iv, strings.ciphertext, strings.tag].map(RawValue::get);
    let quoted = |text: &str| text.len() > 2 && text.starts_with('"');
    if !parts.iter().all(|part| quoted(part)) {
        return None;
    }
    // The quotes of the raw strings keep the parts apart.
    Some(crypto::fingerprint(&parts.map(str::as_bytes)))
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    const ENVELOPE: &str = r#"{"protected":"cA","iv":"aQ","ciphertext":"Yw","tag":"dA"}"#;

    #[test]
    fn white_space_and_order_of_members_do_not_matter() {
        let rewritten =
            "{ \"tag\": \"dA\", \"iv\":\"aQ\",\n \"protected\":\"cA\", \"ciphertext\":\"Yw\"}";
        assert_eq!(fingerprint(ENVELOPE.as_bytes()), fingerprint(rewritten.as_bytes()));
    }

    #[test]
    fn another_tag_is_another_envelope() {
        let other = ENVELOPE.replace("dA", "dB");
        assert_ne!(fingerprint(ENVELOPE.as_bytes()), fingerprint(other.as_bytes()));
    }

    #[test]
    fn what_is_no_sealed_envelope_has_no_fingerprint() {
        for junk in [
            "{}",
            "[]",
            "\"text\"",
            r#"{"protected":1,"iv":"aQ","ciphertext":"Yw","tag":"dA"}"#,
            "",
        ] {
            assert_eq!(fingerprint(junk.as_bytes()), None, "{junk}");
        }
    }
}
