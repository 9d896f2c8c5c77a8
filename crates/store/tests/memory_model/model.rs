use didcomm::Destination;
use store::{Appended, Demand, Depth, Epoch, Holder, Position, Timestamp};

use crate::QUOTA;

/// A message with everything that was ever known of it, its mark included.
pub(crate) struct Message {
    pub(crate) position: Position,
    pub(crate) key: Destination,
    pub(crate) length: usize,
    pub(crate) received: Timestamp,
    pub(crate) mark: Option<(Holder, Timestamp)>,
}

/// One mailbox as a list, looked through from the start for every question.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) messages: Vec<Message>,
    pub(crate) remembered: Vec<(u8, Timestamp)>,
    pub(crate) given: Vec<Position>,
    pub(crate) reader: Option<Epoch>,
}

impl Model {
    pub(crate) fn void(&mut self, now: Timestamp) {
        let reader = self.reader;
        for message in &mut self.messages {
            message.mark = message.mark.filter(|(holder, until)| {
                let stands = match holder {
                    Holder::Session(epoch) => reader == Some(*epoch),
                    Holder::Request(_) => true,
                };
                stands && *until > now
            });
        }
    }

    pub(crate) fn refuses(&self, dedupe: u8, length: usize, now: Timestamp) -> Option<Appended> {
        let bytes: usize = self.messages.iter().map(|message| message.length).sum();
        if self.remembered.iter().any(|(known, until)| *known == dedupe && *until > now) {
            return Some(Appended::Duplicate);
        }
        let is_full =
            self.messages.len() as u64 >= QUOTA.messages || (bytes + length) as u64 > QUOTA.bytes;
        is_full.then_some(Appended::MailboxFull)
    }

    pub(crate) fn available(&self, demand: &Demand, room: usize) -> Vec<Position> {
        let (mut bytes, mut found) = (0, Vec::new());
        for message in self.messages.iter().filter(|message| message.mark.is_none()) {
            if demand.key.as_ref().is_some_and(|key| *key != message.key) {
                continue;
            }
            bytes += message.length;
            if found.len() >= demand.messages.min(room)
                || (!found.is_empty() && bytes > demand.bytes)
            {
                break;
            }
            found.push(message.position);
        }
        found
    }

    pub(crate) fn lease(
        &mut self,
        holder: Holder,
        until: Timestamp,
        demand: &Demand,
    ) -> Vec<Position> {
        let is_held = |message: &&mut Message| message.mark.is_some_and(|(by, _)| by == holder);
        let mut held = 0;
        for message in self.messages.iter_mut().filter(is_held) {
            message.mark = Some((holder, until));
            held += 1;
        }
        let leased = self.available(demand, demand.window.saturating_sub(held));
        for message in &mut self.messages {
            if leased.contains(&message.position) {
                message.mark = Some((holder, until));
            }
        }
        leased
    }

    pub(crate) fn depth(&self, key: Option<&Destination>) -> Depth {
        let waits = |message: &&Message| {
            message.mark.is_none() && key.is_none_or(|key| *key == message.key)
        };
        let waiting: Vec<_> = self.messages.iter().filter(waits).collect();
        Depth {
            messages: waiting.len() as u64,
            bytes: waiting.iter().map(|message| message.length as u64).sum(),
            oldest: waiting.first().map(|message| message.received),
            newest: waiting.last().map(|message| message.received),
        }
    }
}
