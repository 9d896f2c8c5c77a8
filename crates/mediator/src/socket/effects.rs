//! Carrying out what sessions want.

use std::collections::VecDeque;

use protocols::Reply;
use store::{Demand, Holder, Mail, Position, StoreError, Timestamp};

use super::guest::Guest;
use super::{Ended, Socket};
use crate::commands::attached;
use crate::session::{Effect, Event, Form, Proof};
use crate::{Link, Stage};

impl Socket {
    /// Tells every session on this socket what happened.
    pub(super) async fn tell_all<L: Link>(
        &mut self,
        event: impl Fn() -> Event,
        link: &mut L,
    ) -> Result<(), Ended> {
        for place in 0..self.guests.len() {
            self.tell(place, event(), link).await?;
        }
        Ok(())
    }

    /// Tells one session what happened and does what it wants done.
    pub(super) async fn tell<L: Link>(
        &mut self,
        place: usize,
        event: Event,
        link: &mut L,
    ) -> Result<(), Ended> {
        let mut effects = Vec::new();
        self.handle(place, event, &mut effects);
        if effects.is_empty() {
            return Ok(());
        }
        // Most of what a quiet socket hears has no effect; it should not pay for the room that effects take.
        Box::pin(self.perform_all(place, effects, link)).await
    }

    /// Does what a session wants done, and what it wants done about that.
    pub(super) async fn perform_all<L: Link>(
        &mut self,
        place: usize,
        effects: Vec<Effect>,
        link: &mut L,
    ) -> Result<(), Ended> {
        let mut waiting = VecDeque::from(effects);
        while let Some(effect) = waiting.pop_front() {
            let Some(answer) = self.perform(place, effect, link).await? else { continue };
            let mut more = Vec::new();
            self.handle(place, answer, &mut more);
            waiting.extend(more);
        }
        Ok(())
    }

    fn handle(&mut self, place: usize, event: Event, effects: &mut Vec<Effect>) {
        let (now, pace) = (self.office.clock.now(), &self.office.settings.pace);
        if let Some(reader) = &mut self.guests[place].reader {
            reader.session.handle(now, event, pace, effects);
        }
    }

    async fn perform<L: Link>(
        &mut self,
        place: usize,
        effect: Effect,
        link: &mut L,
    ) -> Result<Option<Event>, Ended> {
        match effect {
            Effect::Lease { messages, bytes, window, until } => {
                let demand = Demand { window, ..Demand::of(messages, bytes) };
                return Ok(Some(self.lease(place, until, &demand).await));
            }
            Effect::Push { form, mail } => {
                let pushed = match form {
                    Form::Bare => self.push_bare(mail, link).await,
                    Form::Delivery => self.push(place, &mail, link).await,
                };
                return self.sent(pushed).map(|()| None);
            }
            Effect::Ping(payload) => match self.proof {
                Proof::Pongs => link.ping(payload).await?,
                Proof::Words => self.ping_in_words(place, payload, link).await?,
            },
            Effect::Acknowledge(positions) => return Ok(self.settle(place, positions).await),
            Effect::Close(reason) => return Err(Ended::Closed(reason)),
        }
        Ok(None)
    }

    async fn lease(&mut self, place: usize, until: Timestamp, demand: &Demand) -> Event {
        let mut leased = self.try_lease(place, until, demand).await;
        if leased == Err(StoreError::Displaced) {
            leased = match self.resume(place).await {
                Ok(true) => self.try_lease(place, until, demand).await,
                Ok(false) => return Event::Displaced,
                Err(error) => Err(error),
            };
        }
        leased.map_or_else(
            |error| {
                tracing::warn!(%error, "a session could not read its mailbox");
                Event::LeaseFailed
            },
            Event::Leased,
        )
    }

    async fn try_lease(
        &self,
        place: usize,
        until: Timestamp,
        demand: &Demand,
    ) -> store::Result<Vec<Mail>> {
        let guest = &self.guests[place];
        let Some(reader) = &guest.reader else { return Err(StoreError::Displaced) };
        let holder = Holder::Session(reader.epoch);
        self.office.stores.mailbox.lease(guest.who.id(), holder, until, demand).await
    }

    /// Whether the session of this guest goes on although the store said that it reads no longer.
    pub(super) async fn resume(&mut self, place: usize) -> store::Result<bool> {
        let Guest { who, reader: Some(reader), .. } = &mut self.guests[place] else {
            return Ok(false);
        };
        reader.resume(&self.office, who.id()).await
    }

    /// Takes note of mail that did not leave: the next session has to have it at once, and first.
    pub(super) fn sent<T>(&mut self, sent: Result<T, Ended>) -> Result<T, Ended> {
        self.unsent |= sent.is_err();

        sent
    }

    async fn push_bare<L: Link>(&self, mail: Vec<Mail>, link: &mut L) -> Result<(), Ended> {
        self.office.tally.stage(Stage::Sent, mail.len());
        for mail in mail {
            link.send(mail.envelope).await?;
        }
        Ok(())
    }

    /// A live delivery: its own thread, ids to acknowledge.
    async fn push<L: Link>(&self, place: usize, mail: &[Mail], link: &mut L) -> Result<(), Ended> {
        let guest = &self.guests[place];
        let Some(dialect) = guest.reader.as_ref().and_then(|reader| reader.dialect) else {
            return Ok(());
        };
        self.office.tally.stage(Stage::Sent, mail.len());
        let reply = Reply::Delivery { items: attached(mail), key: None };
        let words = dialect.encode(&reply, None, &self.office.ids.next());
        let envelope = guest.who.seal(&words);
        Ok(link.send(envelope).await?)
    }

    /// Removes what a proof of life has proven.
    async fn settle(&self, place: usize, positions: Vec<Position>) -> Option<Event> {
        let guest = &self.guests[place];
        let epoch = guest.reader.as_ref().map(|reader| reader.epoch);
        let settled = self.office.acknowledge(guest.who.id(), &positions, epoch).await;
        settled.err().map(|error| {
            tracing::warn!(%error, "delivered mail could not be removed yet");
            Event::AcknowledgeFailed(positions)
        })
    }
}
