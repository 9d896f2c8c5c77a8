//! What guests ask for on a socket.

use std::sync::Arc;

use didcomm::VerKey;
use protocols::{Command, Head, Inbound, KeyFilter, PickupStatus, Reply};
use store::{Holder, Mail, Position, StoreError};

use super::guest::{Guest, Reader, Seat};
use super::{Ended, GUESTS_MOST, Socket, Trouble};
use crate::commands::{Handout, Welcome, attached, positions};
use crate::directory::Correspondent;
use crate::post::wants_reply;
use crate::session::Event;
use crate::{CloseReason, Link};

impl Socket {
    /// The place of this agent on the socket, and whether it asks for answers here from now on.
    pub(super) fn seat(&mut self, who: &Arc<Correspondent>, head: &Head) -> Result<usize, Ended> {
        let place = match self.guests.iter().position(|guest| guest.who.id() == who.id()) {
            Some(place) => place,
            None if self.guests.len() < GUESTS_MOST => {
                // Nearly all sockets have one, and a guest is large.
                self.guests.reserve_exact(1);
                self.guests.push(Guest::new(who.clone()));
                self.guests.len() - 1
            }
            None => return Err(Ended::Closed(CloseReason::BadFrame)),
        };
        self.guests[place].returns |= wants_reply(head);
        Ok(place)
    }

    /// Somebody answers an invitation of ours on a socket.
    pub(super) async fn greet<L: Link>(
        &mut self,
        author: VerKey,
        inbound: &Inbound,
        link: &mut L,
    ) -> Result<(), Trouble> {
        let (who, words) = match self.office.welcome(author, inbound).await? {
            Welcome::Connected { who, response } => (Some(who), response),
            Welcome::TurnedAway(problem) => (None, problem),
            Welcome::Refused(refusal) => return Ok(self.refused(refusal)?),
        };
        let Some(envelope) = self.office.seal_from_invitation(&words, author) else {
            return Ok(());
        };
        if wants_reply(&inbound.head) {
            if let Some(who) = &who {
                self.seat(who, &inbound.head)?;
            }
            return Ok(link.send(envelope).await?);
        }
        match who {
            Some(who) => {
                let mailed = self.office.mail_reply(&who, envelope).await;
                Ok(mailed.or_else(|unkept| self.unkept(unkept))?)
            }
            None => Ok(()),
        }
    }

    /// Serves a request of a guest.
    pub(super) async fn request<L: Link>(
        &mut self,
        place: usize,
        inbound: &Inbound,
        link: &mut L,
    ) -> Result<(), Trouble> {
        match self.try_request(place, inbound, link).await {
            Err(Trouble::Store(StoreError::Displaced)) if self.resume(place).await? => {
                self.try_request(place, inbound, link).await
            }
            Err(Trouble::Store(StoreError::Displaced)) => {
                Err(Ended::Closed(CloseReason::Displaced).into())
            }
            served => served,
        }
    }

    async fn try_request<L: Link>(
        &mut self,
        place: usize,
        inbound: &Inbound,
        link: &mut L,
    ) -> Result<(), Trouble> {
        let reply = match &inbound.command {
            Command::StatusRequest { key } => {
                self.read_explicitly(place, inbound, link).await?;
                Reply::Status(self.status(place, key.as_ref()).await?)
            }
            Command::DeliveryRequest { limit, key } => {
                self.read_explicitly(place, inbound, link).await?;
                return self.deliver(place, *limit, key.as_ref(), inbound, link).await;
            }
            Command::MessagesReceived { ids } => {
                self.received(place, positions(ids), link).await?;
                Reply::Status(self.status(place, None).await?)
            }
            Command::LiveDelivery(live) => {
                self.read_explicitly(place, inbound, link).await?;
                self.tell(place, Event::Live(*live), link).await?;
                Reply::Status(self.status(place, None).await?)
            }
            Command::BatchPickup { size } => return self.batch(place, *size, inbound, link).await,
            Command::ListPickup { ids } => {
                self.read_explicitly(place, inbound, link).await?;
                let owner = self.guests[place].who.id();
                let mail = self.office.hand_out_listed(owner, ids).await?;
                return self
                    .entrust(place, Reply::Listed(attached(&mail)), mail, inbound, link)
                    .await;
            }
            Command::Ignored => return self.ponged(place, &inbound.head, link).await,
            command => {
                let who = self.guests[place].who.clone();
                let reply = self.office.obey(&who, inbound).await?;
                if let Some(reply) = reply {
                    self.answer(place, inbound, &reply, link).await?;
                }
                return match command {
                    Command::Ping { .. } | Command::Noop => {
                        self.polled(place, &inbound.head, link).await
                    }
                    _ => Ok(()),
                };
            }
        };
        Ok(self.answer(place, inbound, &reply, link).await?)
    }

    /// A ping or noop with a return route wants its mail as bare envelopes, unless it has asked for deliveries here before.
    async fn polled<L: Link>(
        &mut self,
        place: usize,
        head: &Head,
        link: &mut L,
    ) -> Result<(), Trouble> {
        if !wants_reply(head) {
            return Ok(());
        }
        if self.guests[place].reader.is_none() {
            self.claim(place, true).await?;
        }
        Ok(self.tell(place, Event::Polled, link).await?)
    }

    /// A pickup message: from now on mail goes only inside pickup messages, worded in this version.
    async fn read_explicitly<L: Link>(
        &mut self,
        place: usize,
        inbound: &Inbound,
        link: &mut L,
    ) -> Result<(), Trouble> {
        if self.guests[place].reader.is_none() {
            self.claim(place, false).await?;
        }
        if let Some(reader) = &mut self.guests[place].reader {
            reader.dialect = Some(inbound.dialect);
        }
        Ok(self.tell(place, Event::PickedUp, link).await?)
    }

    async fn claim(&mut self, place: usize, implicit: bool) -> store::Result<()> {
        let seat = self.seat_at(place, implicit);
        let guest = &mut self.guests[place];
        guest.reader = Some(Reader::claim(&self.office, &guest.who, seat).await?);
        Ok(())
    }

    pub(super) fn seat_at(&self, place: usize, implicit: bool) -> Seat {
        let number = self.seats.wrapping_add(u32::try_from(place).unwrap_or_default());
        Seat { number, implicit, proof: self.proof }
    }

    async fn status(&self, place: usize, key: Option<&KeyFilter>) -> store::Result<PickupStatus> {
        let guest = &self.guests[place];
        let live = guest.reader.as_ref().is_some_and(|reader| reader.session.is_live());
        self.office.status(guest.who.id(), key, live).await
    }

    /// Mail that is handed over to a live session is in flight with it; to another one it is offered again after a while.
    async fn deliver<L: Link>(
        &mut self,
        place: usize,
        limit: usize,
        key: Option<&KeyFilter>,
        inbound: &Inbound,
        link: &mut L,
    ) -> Result<(), Trouble> {
        let Some(handout) = self.handout(place) else { return Ok(()) };
        let owner = self.guests[place].who.id();
        let mail = self.office.hand_out(owner, limit, key, handout).await?;
        if mail.is_empty() {
            let status = self.status(place, key).await?;
            return Ok(self.answer(place, inbound, &Reply::NothingWaiting(status), link).await?);
        }
        let reply = Reply::Delivery { items: attached(&mail), key: key.cloned() };
        let answered = self.answer(place, inbound, &reply, link).await;
        self.sent(answered)?;
        let handed = mail.iter().map(|mail| mail.position).collect();
        Ok(self.tell(place, Event::Handed(handed), link).await?)
    }

    async fn received<L: Link>(
        &mut self,
        place: usize,
        positions: Vec<Position>,
        link: &mut L,
    ) -> Result<(), Trouble> {
        let guest = &self.guests[place];
        let by = guest.reader.as_ref().map(|reader| reader.epoch);
        self.office.acknowledge(guest.who.id(), &positions, by).await?;
        self.tell(place, Event::PickedUp, link).await?;
        Ok(self.tell(place, Event::Received(positions), link).await?)
    }

    /// Pickup 1.0 over a socket cannot be acknowledged: a proof of life has to do.
    async fn batch<L: Link>(
        &mut self,
        place: usize,
        size: usize,
        inbound: &Inbound,
        link: &mut L,
    ) -> Result<(), Trouble> {
        self.read_explicitly(place, inbound, link).await?;
        let guest = &self.guests[place];
        let Some(reader) = &guest.reader else { return Ok(()) };
        let holder = Holder::Session(reader.epoch);
        let handout = Handout { holder, lease: self.office.settings.pace.lease };
        let mail = self.office.hand_out(guest.who.id(), size, None, handout).await?;
        self.entrust(place, Reply::Batch(attached(&mail)), mail, inbound, link).await
    }

    async fn entrust<L: Link>(
        &mut self,
        place: usize,
        reply: Reply<'_>,
        mail: Vec<Mail>,
        inbound: &Inbound,
        link: &mut L,
    ) -> Result<(), Trouble> {
        let answered = self.answer(place, inbound, &reply, link).await;
        if mail.is_empty() {
            return Ok(answered?);
        }
        self.sent(answered)?;
        Ok(self.tell(place, Event::Entrusted(mail), link).await?)
    }

    fn handout(&mut self, place: usize) -> Option<Handout> {
        let reader = self.guests[place].reader.as_mut()?;
        let pace = &self.office.settings.pace;
        let lease = if reader.session.is_live() { pace.lease } else { pace.delivery_lease };
        Some(Handout { holder: reader.holder(), lease })
    }

    async fn answer<L: Link>(
        &mut self,
        place: usize,
        inbound: &Inbound,
        reply: &Reply<'_>,
        link: &mut L,
    ) -> Result<(), Ended> {
        let words = self.office.phrase(inbound, reply);
        self.say(place, &words, link).await
    }

    /// Sends words to a guest: over this socket if it asked for that, else to its endpoint, else not at all.
    pub(super) async fn say<L: Link>(
        &mut self,
        place: usize,
        words: &[u8],
        link: &mut L,
    ) -> Result<(), Ended> {
        let guest = &self.guests[place];
        let envelope = guest.who.seal(words);
        if guest.returns {
            return Ok(link.send(envelope).await?);
        }
        let who = guest.who.clone();
        self.office.mail_reply(&who, envelope).await.or_else(|unkept| self.unkept(unkept))
    }
}
