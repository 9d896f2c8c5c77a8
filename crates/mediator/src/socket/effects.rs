//! Carrying out what sessions want.

use std::collections::VecDeque;

use protocols::Reply;
use store::{Demand, Holder, Mail, Position, StoreError, Timestamp};

use super::{Ended, Socket};
use crate::commands::attached;
use crate::session::{Effect, Event, Form};
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
            Effect::Renew { until } => match self.lease(place, until, &Demand::NOTHING).await {
                Event::Displaced => return Ok(Some(Event::Displaced)),
                Event::LeaseFailed => return Ok(Some(Event::RenewFailed)),
                _ => return Ok(None),
            },
            Effect::Push { form: Form::Bare, mail } => {
                self.office.tally.stage(Stage::Sent, mail.len());
                for mail in mail {
                    link.send(mail.envelope).await?;
                }
            }
            Effect::Push { form: Form::Delivery, mail } => self.push(place, &mail, link).await?,
            Effect::Ping(payload) => link.ping(payload).await?,
            Effect::Acknowledge(positions) => self.settle(place, &positions).await,
            Effect::Close(reason) => return Err(Ended::Closed(reason)),
        }
        Ok(None)
    }

    async fn lease(&self, place: usize, until: Timestamp, demand: &Demand) -> Event {
        let guest = &self.guests[place];
        let Some(reader) = &guest.reader else { return Event::LeaseFailed };
        let holder = Holder::Session(reader.session.epoch());
        match self.office.stores.mailbox.lease(guest.who.id(), holder, until, demand).await {
            Ok(mail) => Event::Leased(mail),
            Err(StoreError::Displaced) => Event::Displaced,
            Err(error) => {
                tracing::warn!(%error, "a session could not read its mailbox");
                Event::LeaseFailed
            }
        }
    }

    /// A live delivery: its own thread, ids to acknowledge.
    async fn push<L: Link>(
        &mut self,
        place: usize,
        mail: &[Mail],
        link: &mut L,
    ) -> Result<(), Ended> {
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

    /// Removes what a proof of life has proven. If the store is away, the mail stays in flight and comes again later.
    async fn settle(&self, place: usize, positions: &[Position]) {
        let guest = &self.guests[place];
        let epoch = guest.reader.as_ref().map(|reader| reader.session.epoch());
        if let Err(error) = self.office.acknowledge(guest.who.id(), positions, epoch).await {
            tracing::warn!(%error, "delivered mail could not be removed, it will be delivered again");
        }
    }
}
