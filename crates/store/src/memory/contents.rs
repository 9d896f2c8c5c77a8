use std::collections::{BTreeMap, HashMap};

use didcomm::Destination;

use crate::flight::InFlight;
use crate::{Demand, Depth, Holder, Letter, Mail, Position, Timestamp};

/// One mailbox.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) mail: BTreeMap<Position, Kept>,
    bytes: u64,
    pub(super) remembered: HashMap<[u8; 16], Timestamp>,
}

pub(super) struct Kept {
    pub(super) mail: Mail,
    dedupe: [u8; 16],
    pub(super) expires: Timestamp,
}

impl Contents {
    pub(super) fn is_empty(&self) -> bool {
        self.mail.is_empty() && self.remembered.is_empty()
    }

    pub(super) fn has_room_for(&self, letter: &Letter) -> bool {
        let messages = self.mail.len() as u64 + 1;
        let bytes = self.bytes + letter.envelope.len() as u64;
        messages <= letter.quota.messages && bytes <= letter.quota.bytes
    }

    pub(super) fn keep(&mut self, position: Position, letter: Letter) {
        let Letter { envelope, destination, dedupe, received, expires, dedupe_window, .. } = letter;
        self.bytes += envelope.len() as u64;
        self.remembered.insert(dedupe, received + dedupe_window);
        let mail = Mail { position, envelope, destination, received };
        self.mail.insert(position, Kept { mail, dedupe, expires });
    }

    pub(super) fn remove(&mut self, position: Position) -> bool {
        let Some(kept) = self.mail.remove(&position) else { return false };
        self.bytes -= kept.mail.envelope.len() as u64;
        true
    }

    pub(super) fn undo(&mut self, first_lost: Position) {
        for kept in self.mail.split_off(&first_lost).into_values() {
            self.bytes -= kept.mail.envelope.len() as u64;
            self.remembered.remove(&kept.dedupe);
        }
    }

    pub(super) fn available<'a>(
        &'a self,
        key: Option<&'a Destination>,
        holder: Option<Holder>,
        in_flight: &'a InFlight<'_>,
    ) -> impl DoubleEndedIterator<Item = &'a Mail> {
        let wanted = move |mail: &&Mail| {
            key.is_none_or(|key| mail.destination == *key)
                && !in_flight.hides(mail.position, holder)
        };
        self.mail.values().map(|kept| &kept.mail).filter(wanted)
    }

    pub(super) fn select(
        &self,
        demand: &Demand,
        holder: Option<Holder>,
        in_flight: &InFlight<'_>,
    ) -> Vec<Mail> {
        let mut bytes = 0;
        let fits = |(place, mail): &(usize, &Mail)| {
            bytes += mail.envelope.len();
            *place == 0 || bytes <= demand.bytes
        };
        let available = self.available(demand.key.as_ref(), holder, in_flight);
        available
            .take(demand.messages)
            .enumerate()
            .take_while(fits)
            .map(|(_, mail)| mail.clone())
            .collect()
    }

    pub(super) fn depth(&self, key: Option<&Destination>, in_flight: &InFlight<'_>) -> Depth {
        let (messages, bytes) = match key {
            None => (self.mail.len() as u64 - in_flight.messages(), self.bytes - in_flight.bytes()),
            Some(_) => {
                self.available(key, None, in_flight).fold((0, 0), |(messages, bytes), mail| {
                    (messages + 1, bytes + mail.envelope.len() as u64)
                })
            }
        };
        let oldest = self.available(key, None, in_flight).next().map(|mail| mail.received);
        let newest = self.available(key, None, in_flight).next_back().map(|mail| mail.received);
        Depth { messages, bytes, oldest, newest }
    }
}
