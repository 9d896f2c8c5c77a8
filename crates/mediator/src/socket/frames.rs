//! Frames: whose they are, and what becomes of them.

use bytes::Bytes;
use store::StoreError;
use tokio::time::sleep;

use super::waiting::Request;
use super::{Ended, Socket, Trouble};
use crate::commands::{STORE_POLL, Unkept};
use crate::read::{Incoming, Unread};
use crate::{CloseReason, Link, Refusal};

/// Envelopes that were sealed for somebody else before we give a socket up.
const STRAY_MOST: u32 = 10;

impl Socket {
    /// Deals with a frame. While the store is away, strangers and forwards are kept waiting for as long as a peer may be, and requests
    /// of guests until it is back.
    pub(super) async fn frame<L: Link>(
        &mut self,
        bytes: &Bytes,
        link: &mut L,
    ) -> Result<(), Ended> {
        let until = self.office.clock.now() + self.office.settings.patience.for_store;
        loop {
            match self.try_frame(bytes, link).await {
                Ok(()) => return Ok(()),
                Err(Trouble::Store(StoreError::Unavailable(_)))
                    if self.office.clock.now() < until =>
                {
                    sleep(STORE_POLL).await;
                }
                Err(trouble) => return Self::unserved(trouble),
            }
        }
    }

    pub(super) fn unserved(trouble: Trouble) -> Result<(), Ended> {
        match trouble {
            Trouble::Ended(ended) => Err(ended),
            Trouble::Store(error) => {
                tracing::warn!(%error, "a request on a socket could not be served");
                Err(Ended::Closed(CloseReason::TryLater))
            }
        }
    }

    async fn try_frame<L: Link>(&mut self, bytes: &Bytes, link: &mut L) -> Result<(), Trouble> {
        let guests = &self.guests;
        let familiar = |key: &didcomm::VerKey| guests.iter().find_map(|guest| guest.known_by(key));
        match self.office.read(bytes, &familiar).await {
            Ok(incoming) => self.incoming(incoming, bytes.len(), link).await,
            Err(Unread::Refused(refusal)) => Ok(self.refused(refusal)?),
            Err(Unread::StoreAway(error)) => Err(Trouble::Store(error)),
        }
    }

    async fn incoming<L: Link>(
        &mut self,
        incoming: Incoming,
        bytes: usize,
        link: &mut L,
    ) -> Result<(), Trouble> {
        match incoming {
            Incoming::Forward(forward) => match self.office.forward(forward).await {
                Ok(()) => Ok(()),
                Err(unkept) => Ok(self.unkept(unkept)?),
            },
            Incoming::Greeting { author, inbound } => self.greet(author, &inbound, link).await,
            Incoming::Request { by, inbound } => {
                let place = self.seat(&by, &inbound.head)?;
                self.serve_in_turn(Request { place, inbound, bytes }, link).await
            }
            Incoming::Garbled { by, error } => {
                match (error.answer(&self.office.ids.next()), &error.head) {
                    (Some(words), Some(head)) => {
                        self.office.tally.problem();
                        let place = self.seat(&by, head)?;
                        Ok(self.say(place, &words, link).await?)
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// A forward over a socket has no answer (RFC 0094): only a store that is away ends the socket, so that the sender notices.
    pub(super) fn unkept(&mut self, unkept: Unkept) -> Result<(), Ended> {
        match unkept {
            Unkept::Refused(refusal) => self.refused(refusal),
            Unkept::StoreAway(_) => Err(Ended::Closed(CloseReason::TryLater)),
        }
    }

    pub(super) fn refused(&mut self, refusal: Refusal) -> Result<(), Ended> {
        self.office.tally.refusal(refusal);
        if refusal != Refusal::UnknownRecipient && refusal != Refusal::MailboxFull {
            self.strays += 1;
        }
        if refusal == Refusal::NotAnEnvelope || self.strays > STRAY_MOST {
            return Err(Ended::Closed(CloseReason::BadFrame));
        }
        Ok(())
    }
}
