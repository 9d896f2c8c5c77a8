//! What of a socket has to survive whoever serves it, where the socket itself ends elsewhere.

use std::sync::Arc;

use protocols::Dialect;
use serde::{Deserialize, Serialize};
use store::Position;

use super::guest::{Guest, Reader};
use super::{Ended, Socket, Trouble};
use crate::commands::positions;
use crate::ids::random_u64;
use crate::session::{Event, Proof};
use crate::{CloseReason, Link, Mediator};

/// Who has spoken on a socket, and how each of them wants its mail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile(Vec<Known>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    who: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    returns: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reads: Option<Reads>,
    /// The pickup version of live deliveries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// What is in flight with ids, and without; written when the socket is handed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sent: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unproven: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reads {
    /// Bare envelopes.
    Bare,
    /// What it asks for.
    Asked,
    /// Live deliveries.
    Live,
}

impl Profile {
    /// Whether there is nothing to survive.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Known {
    fn of(guest: &Guest) -> Self {
        let reader = guest.reader.as_ref();
        let reads = reader.map(|Reader { session, .. }| match () {
            () if session.is_implicit() => Reads::Bare,
            () if session.is_live() => Reads::Live,
            () => Reads::Asked,
        });
        let words = reader.and_then(|reader| reader.dialect);
        let words = words.map(|dialect| dialect.protocol().to_string());
        let who = guest.who.id().to_string();
        Self { who, returns: guest.returns, reads, words, sent: Vec::new(), unproven: Vec::new() }
    }

    fn with_mail(guest: &Guest) -> Self {
        let in_flight = guest.reader.as_ref().map(|reader| reader.session.in_flight());
        let (sent, unproven) = in_flight.unwrap_or_default();
        let texts = |positions: Vec<Position>| positions.iter().map(Position::to_string).collect();
        Self { sent: texts(sent), unproven: texts(unproven), ..Self::of(guest) }
    }

    fn dialect(&self) -> Option<&'static dyn Dialect> {
        let words = self.words.as_deref()?;
        let named = |dialect: &&&dyn Dialect| dialect.protocol().to_string() == words;
        protocols::DIALECTS.iter().find(named).copied()
    }
}

impl Socket {
    /// A socket that ends in another process. Whoever serves it after us must not take pongs to our pings for his.
    pub fn elsewhere(office: Arc<Mediator>, proof: Proof) -> Self {
        Self::proven_by(office, proof, random_u64() as u32)
    }

    /// What somebody else needs to know to go on with it.
    pub fn profile(&self) -> Profile {
        Profile(self.guests.iter().map(Known::of).collect())
    }

    /// The same with what is in flight, for somebody who goes on at once.
    pub fn profile_with_mail(&self) -> Profile {
        Profile(self.guests.iter().map(Known::with_mail).collect())
    }

    /// Goes on where somebody else was: claims the mailboxes that nobody has claimed since, and sends what waits in them.
    ///
    /// # Errors
    /// As [`Socket::hear`]; [`CloseReason::TryLater`] if the store does not answer.
    pub async fn resume_as<L: Link>(
        &mut self,
        profile: &Profile,
        link: &mut L,
    ) -> Result<(), Ended> {
        for known in &profile.0 {
            match self.seat_again(known, link).await {
                Ok(()) => {}
                Err(Trouble::Ended(ended)) => return Err(ended),
                Err(Trouble::Store(error)) => {
                    tracing::warn!(%error, "a socket of somebody else could not be taken over");
                    return Err(Ended::Closed(CloseReason::TryLater));
                }
            }
        }
        Ok(())
    }

    async fn seat_again<L: Link>(&mut self, known: &Known, link: &mut L) -> Result<(), Trouble> {
        let Ok(id) = known.who.parse() else { return Ok(()) };
        let Some(who) = self.office.directory.by_id(id).await? else { return Ok(()) };
        let place = self.guests.len();
        self.guests.push(Guest { returns: known.returns, ..Guest::new(who.clone()) });
        let Some(reads) = known.reads else { return Ok(()) };
        let seat = self.seat_at(place, reads == Reads::Bare);
        let Some(mut reader) = Reader::reclaim(&self.office, &who, seat).await? else {
            // The wallet has a newer socket; if it is on this one after all, it comes again.
            return Err(Ended::Closed(CloseReason::GoingAway).into());
        };
        reader.dialect = known.dialect();
        self.guests[place].reader = Some(reader);
        if reads == Reads::Live {
            self.tell(place, Event::Live(true), link).await?;
        }
        self.recall(place, known, link).await?;
        Ok(self.tell(place, Event::Rung, link).await?)
    }

    async fn recall<L: Link>(
        &mut self,
        place: usize,
        known: &Known,
        link: &mut L,
    ) -> Result<(), Ended> {
        let (sent, unproven) = (positions(&known.sent), positions(&known.unproven));
        let mut effects = Vec::new();
        let (now, pace) = (self.office.clock.now(), &self.office.settings.pace);
        if let Some(reader) = &mut self.guests[place].reader {
            reader.session.recall(now, &sent, &unproven, pace, &mut effects);
        }
        self.perform_all(place, effects, link).await
    }
}
