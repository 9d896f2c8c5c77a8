//! Which instances there are, so that one that is gone is missed.
//!
//! An instance signs in by claiming the first vacant place of a short list, as a session claims a recipient. Its signs of life keep
//! the place. When somebody who had one is no longer there, the others look after what it may have had in hand.

use std::collections::BTreeMap;
use std::time::Duration;

use store::{Claimant, Epoch, Presence, RecipientId, Result, Timestamp};

use crate::Mediator;

/// Instances beyond this number are missed only by the regular look.
const PLACES: u8 = 64;

/// How often those who are there are looked for.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Newcomers take the first place that is free, so only a few places need to be looked at for them.
const FURTHER: u8 = 2;

/// One instance's view of a list.
#[derive(Debug)]
pub(crate) struct Roster {
    /// Fifteen letters that tell this list from others.
    list: &'static [u8; 15],
    own: Option<(u8, Epoch)>,
    /// Who was seen where.
    others: BTreeMap<u8, String>,
    /// Somebody is gone, and nobody has been told.
    gone: bool,
}

impl Roster {
    /// A list on which nobody has been seen yet.
    pub fn of(list: &'static [u8; 15]) -> Self {
        Self { list, own: None, others: BTreeMap::new(), gone: false }
    }

    /// Looks who is there, signs in if need be, and says whether somebody is gone.
    ///
    /// # Errors
    /// If the store does not answer. Whoever is missed is missed a little later.
    pub async fn read(&mut self, office: &Mediator) -> Result<bool> {
        self.look(&*office.stores.presence, &office.postman, office.clock.now()).await
    }

    async fn look(
        &mut self,
        presence: &dyn Presence,
        who: &Claimant,
        now: Timestamp,
    ) -> Result<bool> {
        let mut vacant = None;
        for place in 0..self.end() {
            let found = presence.locate(self.id(place), now).await?;
            let found = found.map(|location| location.claimant.instance);
            match found {
                None if vacant.is_none() => vacant = Some(place),
                _ => {}
            }
            self.gone |= self.note(place, found, &who.instance);
        }
        if let (None, Some(place)) = (self.own, vacant) {
            let claimed = presence.claim_vacant(self.id(place), who, now).await?;
            self.own = claimed.map(|epoch| (place, epoch));
        }
        Ok(std::mem::take(&mut self.gone))
    }

    /// How many were there when it was read last, this instance included.
    pub fn present(&self) -> usize {
        self.others.len() + 1
    }

    /// Gives the place up.
    pub async fn sign_out(&mut self, office: &Mediator) {
        if let Some((place, epoch)) = self.own.take() {
            // A place that is not given up is empty as soon as this instance is.
            let _ = office.stores.presence.release(self.id(place), epoch).await;
        }
    }

    /// A place looks like a recipient to the store. No recipient has such an id: they are hashes.
    fn id(&self, place: u8) -> RecipientId {
        let mut id = [0; 16];
        id[..15].copy_from_slice(self.list);
        id[15] = place;
        RecipientId(id)
    }

    /// Behind the last place that is worth a look.
    fn end(&self) -> u8 {
        let own = self.own.map(|(place, _)| place);
        let last = self.others.keys().next_back().copied().max(own);
        last.map_or(FURTHER, |last| last + 1 + FURTHER).min(PLACES)
    }

    /// Takes note of who is at a place, and says whether somebody who was there is gone.
    fn note(&mut self, place: u8, found: Option<String>, own: &str) -> bool {
        let is_us = found.as_deref() == Some(own);
        if self.own.is_some_and(|(mine, _)| mine == place) && !is_us {
            self.own = None;
        }
        let before = match found {
            Some(other) if !is_us => {
                if self.others.get(&place) == Some(&other) {
                    return false;
                }
                self.others.insert(place, other)
            }
            _ => self.others.remove(&place),
        };
        before.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use store::Role;
    use store::memory::MemoryStore;
    use testkit::RuntimeClock;
    use testkit::simulation::Faint;

    use super::*;

    const LIST: &[u8; 15] = b"a list in tests";

    fn at(roster: &mut Roster, place: u8, who: Option<&str>) -> bool {
        roster.note(place, who.map(str::to_owned), "me")
    }

    #[test]
    fn whoever_was_there_and_is_not_is_gone_once() {
        let mut roster = Roster::of(LIST);
        assert!(!at(&mut roster, 0, Some("other")));
        assert!(!at(&mut roster, 0, Some("other")));
        assert!(at(&mut roster, 0, None));
        assert!(!at(&mut roster, 0, None));
    }

    #[test]
    fn whoever_took_the_place_of_another_betrays_that_it_is_gone() {
        let mut roster = Roster::of(LIST);
        at(&mut roster, 0, Some("other"));
        assert!(at(&mut roster, 0, Some("third")));
        assert!(at(&mut roster, 0, Some("me")));
    }

    #[tokio::test]
    async fn whoever_is_missed_while_the_store_fails_is_told_of_later() {
        let claimant = |name: &str| Claimant { instance: name.to_owned(), role: Role::Postman };
        let (me, other) = (claimant("me"), claimant("other"));
        let store = Faint::new(Arc::new(MemoryStore::new(Arc::new(RuntimeClock::start()))));
        let (soon, later) = (Timestamp(1), Timestamp(20));
        store.renew("me", Timestamp(100)).await.unwrap();
        store.renew("other", Timestamp(10)).await.unwrap();
        let mut roster = Roster::of(LIST);
        store.claim(roster.id(0), &other).await.unwrap();
        assert_eq!(roster.look(&*store, &me, soon).await, Ok(false));
        store.be_silent_about(Some(roster.id(1)));
        assert!(roster.look(&*store, &me, later).await.is_err());
        store.be_silent_about(None);
        assert_eq!(roster.look(&*store, &me, later).await, Ok(true));
        assert_eq!(roster.look(&*store, &me, later).await, Ok(false));
    }

    #[test]
    fn a_place_that_was_lost_is_looked_for_again() {
        let mut roster = Roster { own: Some((0, Epoch(1))), ..Roster::of(LIST) };
        at(&mut roster, 0, Some("me"));
        assert!(roster.own.is_some());
        at(&mut roster, 0, None);
        assert!(roster.own.is_none());
    }

    #[test]
    fn a_look_goes_a_little_further_than_the_last_who_was_seen() {
        let mut roster = Roster::of(LIST);
        assert_eq!(roster.end(), FURTHER);
        at(&mut roster, 5, Some("other"));
        assert_eq!(roster.end(), 6 + FURTHER);
        at(&mut roster, PLACES - 1, Some("another"));
        assert_eq!(roster.end(), PLACES);
    }
}
