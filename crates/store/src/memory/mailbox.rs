use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use didcomm::Destination;

use super::MemoryStore;
use super::contents::Contents;
use crate::flight::InFlight;
use crate::{
    Appended, Demand, Depth, Epoch, Holder, Letter, Mail, Mailbox, Manner, Position, RecipientId,
    Result, Timestamp, Watch,
};

/// The mailboxes, in an order that does not depend on chance.
pub(super) struct Boxes {
    incarnation: u64,
    sequence: u64,
    boxes: BTreeMap<RecipientId, Contents>,
}

impl Boxes {
    pub(super) fn new(incarnation: u64) -> Self {
        Self { incarnation, sequence: 0, boxes: BTreeMap::new() }
    }

    /// Starts another life of the store.
    pub(super) fn begin(&mut self, incarnation: u64) {
        self.incarnation = incarnation;
    }

    /// Undoes what is still there of the last `appends`.
    pub(super) fn undo(&mut self, appends: usize) {
        self.sequence = self.sequence.saturating_sub(appends as u64);
        let first_lost = Position { sequence: self.sequence + 1, incarnation: 0 };
        self.boxes.values_mut().for_each(|contents| contents.undo(first_lost));
    }

    fn append(&mut self, owner: RecipientId, letter: Letter) -> Appended {
        let contents = self.boxes.entry(owner).or_default();
        if contents.remembered.get(&letter.dedupe).is_some_and(|until| *until > letter.received) {
            return Appended::Duplicate;
        }
        if !contents.has_room_for(&letter) {
            return Appended::MailboxFull;
        }
        self.sequence += 1;
        let position = Position { sequence: self.sequence, incarnation: self.incarnation };
        contents.keep(position, letter);
        Appended::Stored { position, watched: false }
    }

    fn select(
        &self,
        owner: RecipientId,
        demand: &Demand,
        holder: Option<Holder>,
        in_flight: &InFlight<'_>,
    ) -> Vec<Mail> {
        self.boxes
            .get(&owner)
            .map(|contents| contents.select(demand, holder, in_flight))
            .unwrap_or_default()
    }

    /// Removes what is listed and says how many messages there were.
    fn remove(&mut self, owner: RecipientId, ids: &[Position]) -> usize {
        let Some(contents) = self.boxes.get_mut(&owner) else { return 0 };
        let removed = ids.iter().filter(|id| contents.remove(**id)).count();
        if contents.is_empty() {
            self.boxes.remove(&owner);
        }
        removed
    }

    fn expired(&self, now: Timestamp, limit: usize) -> Vec<(RecipientId, Position)> {
        let all = self
            .boxes
            .iter()
            .flat_map(|(owner, contents)| contents.mail.values().map(move |kept| (*owner, kept)));
        all.filter(|(_, kept)| kept.expires <= now)
            .map(|(owner, kept)| (owner, kept.mail.position))
            .take(limit)
            .collect()
    }

    fn forget_duplicates(&mut self, now: Timestamp) {
        self.boxes
            .values_mut()
            .for_each(|contents| contents.remembered.retain(|_, until| *until > now));
        self.boxes.retain(|_, contents| !contents.is_empty());
    }
}

#[async_trait]
impl Mailbox for MemoryStore {
    async fn append(&self, owner: RecipientId, letter: Letter) -> Result<Appended> {
        self.gate()?;
        let flight = self.flight();
        let mut boxes = self.boxes.lock();
        let mut appended = boxes.append(owner, letter);
        if let Appended::Stored { watched, .. } = &mut appended {
            *watched = flight.bells().is_watched(owner);
            self.ring(owner);
        }
        Ok(appended)
    }

    async fn peek(&self, owner: RecipientId, demand: &Demand) -> Result<Vec<Mail>> {
        self.gate()?;
        let (boxes, flight) = (self.boxes.lock(), self.flight());
        let in_flight = flight.lock(owner, self.clock.now());
        Ok(boxes.select(owner, demand, None, &in_flight))
    }

    async fn lease(
        &self,
        owner: RecipientId,
        holder: Holder,
        until: Timestamp,
        demand: &Demand,
    ) -> Result<Vec<Mail>> {
        self.gate()?;
        let (boxes, flight) = (self.boxes.lock(), self.flight());
        let mut in_flight = flight.lock(owner, self.clock.now());
        in_flight.admit(holder)?;
        let room = demand.window.saturating_sub(in_flight.held_by(holder));
        let demand = Demand { messages: demand.messages.min(room), ..demand.clone() };
        let mail = boxes.select(owner, &demand, Some(holder), &in_flight);
        in_flight.hold(holder, until, &mail);
        Ok(mail)
    }

    async fn acknowledge(
        &self,
        owner: RecipientId,
        ids: &[Position],
        by: Option<Epoch>,
    ) -> Result<usize> {
        self.gate()?;
        let (mut boxes, flight) = (self.boxes.lock(), self.flight());
        let removed = boxes.remove(owner, ids);
        let mut in_flight = flight.lock(owner, self.clock.now());
        in_flight.settle(ids, by);
        Ok(removed)
    }

    async fn release(&self, owner: RecipientId, holder: Holder, linger: Duration) -> Result<()> {
        self.gate()?;
        let (flight, now) = (self.flight(), self.clock.now());
        let released = flight.lock(owner, now).release(holder, now + linger);
        if let Holder::Session(epoch) = holder {
            flight.bells().leave(owner, epoch);
        }
        if released > 0 {
            self.ring(owner);
        }
        Ok(())
    }

    async fn depth(&self, owner: RecipientId, key: Option<&Destination>) -> Result<Depth> {
        self.gate()?;
        let (boxes, flight) = (self.boxes.lock(), self.flight());
        let in_flight = flight.lock(owner, self.clock.now());
        Ok(boxes
            .boxes
            .get(&owner)
            .map(|contents| contents.depth(key, &in_flight))
            .unwrap_or_default())
    }

    async fn watch(&self, owner: RecipientId, epoch: Epoch, manner: Manner) -> Result<Watch> {
        self.gate()?;
        let (flight, now) = (self.flight(), self.clock.now());
        let mut in_flight = flight.lock(owner, now);
        let watch = flight.bells().watch(owner, epoch, manner.company)?;
        in_flight.displace(now + manner.linger);
        Ok(watch)
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize> {
        self.gate()?;
        let (mut boxes, flight) = (self.boxes.lock(), self.flight());
        let expired = boxes.expired(now, limit);
        for (owner, position) in &expired {
            boxes.remove(*owner, &[*position]);
            drop(flight.lock(*owner, self.clock.now()).forget(*position));
        }
        boxes.forget_duplicates(now);
        Ok(expired.len())
    }
}

impl MemoryStore {
    fn ring(&self, owner: RecipientId) {
        if !self.loses_wakes.load(Ordering::Relaxed) {
            self.flight().bells().ring(owner);
        }
    }
}
