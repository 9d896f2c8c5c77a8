//! Choosing from a mailbox what fits into a demand.

use didcomm::Destination;
use store::{Demand, Position, Timestamp};

use crate::archive::Place;
use crate::generation::Kept;
use crate::reading::{Source, Wanted};

/// A message that was chosen.
pub(crate) struct Picked {
    pub wanted: Wanted,
    pub received: Timestamp,
    pub destination: Destination,
}

/// Chooses what fits into a demand.
pub(crate) struct Picker<'a> {
    demand: &'a Demand,
    bytes: usize,
    picked: Vec<Picked>,
}

impl<'a> Picker<'a> {
    pub(crate) fn new(demand: &'a Demand) -> Self {
        Self { demand, bytes: 0, picked: Vec::new() }
    }

    /// Takes the message if it is wanted and fits; says whether there may be room for more.
    pub(crate) fn offer(&mut self, mail: &impl Offered) -> bool {
        if self.demand.key.as_ref().is_some_and(|key| mail.destination() != key) {
            return true;
        }
        self.bytes = self.bytes.saturating_add(mail.length());
        if self.picked.len() == self.demand.messages
            || (self.bytes > self.demand.bytes && !self.picked.is_empty())
        {
            // What comes later is not older: it must not slip past this one.
            self.bytes = usize::MAX;
            return false;
        }
        self.picked.push(mail.pick());
        self.picked.len() < self.demand.messages
    }

    pub(crate) fn into_picked(self) -> Vec<Picked> {
        self.picked
    }
}

pub(crate) trait Offered {
    fn destination(&self) -> &Destination;
    /// Bytes of the envelope.
    fn length(&self) -> usize;
    fn pick(&self) -> Picked;
}

impl Offered for Place<'_> {
    fn destination(&self) -> &Destination {
        self.destination
    }

    fn length(&self) -> usize {
        self.frame.length as usize
    }

    fn pick(&self) -> Picked {
        let Place { position, received, segment, frame, .. } = *self;
        let wanted = Wanted { position, source: Source::Archived(segment), frame };
        Picked { wanted, received, destination: self.destination.clone() }
    }
}

impl Offered for (Position, &Kept) {
    fn destination(&self) -> &Destination {
        &self.1.destination
    }

    fn length(&self) -> usize {
        self.1.frame.length as usize
    }

    fn pick(&self) -> Picked {
        let (position, Kept { received, destination, segment, frame, .. }) = *self;
        let source = Source::Recent(segment.clone());
        let wanted = Wanted { position, source, frame: *frame };
        Picked { wanted, received: *received, destination: destination.clone() }
    }
}
