use didcomm::Destination;
use store::{Appended, Company, Demand, Depth, Epoch, Holder, Position, Timestamp};

use crate::QUOTA;

/// A message with everything that was ever known of it, its mark included.
pub(crate) struct Message {
    pub(crate) position: Position,
    pub(crate) key: Destination,
    pub(crate) length: usize,
    pub(crate) received: Timestamp,
    pub(crate) marks: Vec<Mark>,
}

#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) holder: Holder,
    pub(crate) until: Timestamp,
    /// Its session reads no more and was given some time.
    pub(crate) lingers: bool,
}

/// One mailbox as a list, looked through from the start for every question.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) messages: Vec<Message>,
    pub(crate) remembered: Vec<(u8, Timestamp)>,
    pub(crate) given: Vec<Position>,
    pub(crate) readers: Vec<(Epoch, Company)>,
}

impl Model {
    pub(crate) fn void(&mut self, now: Timestamp) {
        let readers = self.readers.clone();
        for message in &mut self.messages {
            message.marks.retain(|mark| {
                let stands = match mark.holder {
                    Holder::Session(epoch) => mark.lingers || is_in(&readers, epoch),
                    Holder::Request(_) => true,
                };
                stands && mark.until > now
            });
        }
    }

    pub(crate) fn reads(&self, epoch: Epoch) -> bool {
        is_in(&self.readers, epoch)
    }

    pub(crate) fn refuses_reader(&self, epoch: Epoch, company: Company) -> bool {
        let alone = |other: Company| company == Company::Alone || other == Company::Alone;
        self.readers.iter().any(|(other, theirs)| *other > epoch && alone(*theirs))
    }

    /// The session reads; alone, it cuts the marks of those who no longer do.
    pub(crate) fn watch(&mut self, epoch: Epoch, company: Company, cut: Timestamp) {
        self.readers.retain(|(other, _)| *other != epoch && company == Company::Shared);
        self.readers.push((epoch, company));
        let readers = self.readers.clone();
        self.cut(cut, |holder| matches!(holder, Holder::Session(epoch) if !is_in(&readers, epoch)));
    }

    pub(crate) fn release(&mut self, holder: Holder, cut: Timestamp) {
        self.cut(cut, |other| other == holder);
        if let Holder::Session(epoch) = holder {
            self.readers.retain(|(other, _)| *other != epoch);
        }
    }

    fn cut(&mut self, until: Timestamp, is_meant: impl Fn(Holder) -> bool) {
        let marks = self.messages.iter_mut().flat_map(|message| &mut message.marks);
        for mark in marks.filter(|mark| is_meant(mark.holder)) {
            mark.until = mark.until.min(until);
            mark.lingers = true;
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

    /// What `holder`, or anybody without a name, may be given.
    pub(crate) fn available(
        &self,
        demand: &Demand,
        holder: Option<Holder>,
        room: usize,
    ) -> Vec<Position> {
        let (mut bytes, mut found) = (0, Vec::new());
        let is_hidden = |mark: &Mark| match (holder, mark.holder) {
            (Some(Holder::Session(_)), Holder::Session(epoch)) => {
                holder == Some(mark.holder) || !self.reads(epoch)
            }
            _ => true,
        };
        let is_free = |message: &&Message| !message.marks.iter().any(is_hidden);
        for message in self.messages.iter().filter(is_free) {
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
        let mut held = 0;
        let marks = self.messages.iter_mut().flat_map(|message| &mut message.marks);
        for mark in marks.filter(|mark| mark.holder == holder) {
            (mark.until, mark.lingers) = (until, false);
            held += 1;
        }
        let leased = self.available(demand, Some(holder), demand.window.saturating_sub(held));
        for message in &mut self.messages {
            if leased.contains(&message.position) {
                message.marks.push(Mark { holder, until, lingers: false });
            }
        }
        leased
    }

    pub(crate) fn depth(&self, key: Option<&Destination>) -> Depth {
        let waits = |message: &&Message| {
            message.marks.is_empty() && key.is_none_or(|key| *key == message.key)
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

fn is_in(readers: &[(Epoch, Company)], epoch: Epoch) -> bool {
    readers.iter().any(|(other, _)| *other == epoch)
}
