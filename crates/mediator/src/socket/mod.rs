//! One WebSocket: the door for conversations.
//!
//! A socket may carry several agents ([`Guest`]s), each with its own return route and [`Session`](crate::session::Session).
//! Nothing about a socket is trusted: authority comes from each envelope (RFC 0092).

mod effects;
mod frames;
mod guest;
mod pings;
mod profile;
mod requests;
mod waiting;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use store::{Notice, StoreError, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::session::{Event, Proof};
use crate::{CloseReason, Heard, Link, LinkDown, Mediator};
use guest::Guest;
pub use profile::Profile;
use waiting::Waiting;

/// Agents on one socket.
const GUESTS_MOST: usize = 32;

/// What is known about one socket. Usually driven by [`Mediator::serve_socket`]; a simulation drives it by hand.
pub struct Socket {
    office: Arc<Mediator>,
    guests: Vec<Guest>,
    /// The number of the first guest's pings; the others' follow.
    seats: u32,
    proof: Proof,
    last_use: Timestamp,
    strays: u32,
    /// Mail was leased and then could not be sent.
    unsent: bool,
    /// Only while the store is away.
    waiting: Option<Box<Waiting>>,
}

/// Why a socket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The peer, or the network.
    Down,
    /// We closed it.
    Closed(CloseReason),
}

/// Why a frame could not be dealt with.
enum Trouble {
    Ended(Ended),
    /// The store failed: perhaps it works a little later.
    Store(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Ended> for Trouble {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

impl From<LinkDown> for Trouble {
    fn from(down: LinkDown) -> Self {
        Self::Ended(down.into())
    }
}

impl From<LinkDown> for Ended {
    fn from(LinkDown: LinkDown) -> Self {
        Self::Down
    }
}

impl Mediator {
    /// Serves one socket until it ends or `drain` asks for it to be closed.
    pub async fn serve_socket<L: Link>(self: Arc<Self>, mut link: L, drain: CancellationToken) {
        self.tally.socket_opened();
        let mut socket = Socket::new(self.clone());
        let ended = socket.serve(&mut link, &drain).await;
        if let Ended::Closed(reason) = ended {
            self.tally.close(reason);
            // The wallet comes back as soon as it hears of it; by then the mailbox should be free.
            tokio::join!(link.close(reason), Box::pin(socket.leave()));
        } else {
            drop(link);
            Box::pin(socket.leave()).await;
        }
        self.tally.socket_ended();
    }
}

impl Socket {
    /// A socket on which nobody has spoken yet.
    pub fn new(office: Arc<Mediator>) -> Self {
        Self::proven_by(office, Proof::Pongs, 1)
    }

    fn proven_by(office: Arc<Mediator>, proof: Proof, seats: u32) -> Self {
        let last_use = office.clock.now();
        let guests = Vec::new();
        Self { office, guests, seats, proof, last_use, strays: 0, unsent: false, waiting: None }
    }

    /// Waits for the peer, the mailboxes, the clock and the end of the process, in turn.
    async fn serve<L: Link>(&mut self, link: &mut L, drain: &CancellationToken) -> Ended {
        loop {
            let rest = self.deadline().since(self.office.clock.now());
            let served = tokio::select! { biased;
                () = drain.cancelled() => Err(Ended::Closed(CloseReason::GoingAway)),
                // Before the clock: what the peer has said by now may be its sign of life.
                heard = link.next() => match heard {
                    Some(heard) => self.hear(heard, link).await,
                    None => Err(Ended::Down),
                },
                (guest, notice) = poll_fn(|cx| self.poll_notice(cx)) => {
                    self.notice(guest, notice, link).await
                }
                () = tokio::time::sleep(rest) => self.tick(link).await,
            };
            if let Err(ended) = served {
                return ended;
            }
        }
    }

    /// When [`Socket::tick`] is due, at the latest.
    pub fn deadline(&self) -> Timestamp {
        let pace = &self.office.settings.pace;
        let sessions = self.guests.iter().filter_map(|guest| guest.deadline(pace)).min();
        let due = sessions.unwrap_or(self.last_use + pace.introduction);
        self.waiting.as_ref().map_or(due, |waiting| due.min(waiting.again()))
    }

    /// Something arrived.
    ///
    /// # Errors
    /// The socket is over, and [`Socket::leave`] is to be called.
    pub async fn hear<L: Link>(&mut self, heard: Heard, link: &mut L) -> Result<(), Ended> {
        // A stranger has to say something; of an agent that is known, any sign of life keeps the socket.
        if !self.guests.is_empty() {
            self.last_use = self.office.clock.now();
        }
        match heard {
            Heard::Frame(bytes) => {
                self.last_use = self.office.clock.now();
                self.tell_all(|| Event::Alive, link).await?;
                // What a frame sets in motion is large; an idle socket should not hold room for it.
                Box::pin(self.frame(&bytes, link)).await
            }
            Heard::Pong(payload) => self.tell_all(|| Event::Pong(payload), link).await,
            Heard::Alive => self.tell_all(|| Event::Alive, link).await,
        }
    }

    /// A mailbox rang for the guest at this place.
    ///
    /// # Errors
    /// As [`Socket::hear`].
    pub async fn notice<L: Link>(
        &mut self,
        guest: usize,
        notice: Notice,
        link: &mut L,
    ) -> Result<(), Ended> {
        let event = match notice {
            Notice::Mail => Event::Rung,
            Notice::Displaced => Event::Displaced,
        };
        self.tell(guest, event, link).await
    }

    /// Time has passed.
    ///
    /// # Errors
    /// As [`Socket::hear`].
    pub async fn tick<L: Link>(&mut self, link: &mut L) -> Result<(), Ended> {
        if self.waiting.is_some() {
            Box::pin(self.serve_waiting(link)).await?;
        }
        let now = self.office.clock.now();
        if self.guests.iter().all(Guest::is_silent)
            && self.waiting.is_none()
            && now >= self.last_use + self.office.settings.pace.introduction
        {
            return Err(Ended::Closed(CloseReason::Idle));
        }
        for place in 0..self.guests.len() {
            if self.guests[place].deadline(&self.office.settings.pace).is_some_and(|due| now >= due)
            {
                self.tell(place, Event::Tick, link).await?;
            }
        }
        Ok(())
    }

    /// Whose mailbox rings, if any does.
    pub fn poll_notice(&mut self, cx: &mut std::task::Context<'_>) -> Poll<(usize, Notice)> {
        for (place, guest) in self.guests.iter_mut().enumerate() {
            if let Poll::Ready(notice) = guest.poll_notice(cx) {
                return Poll::Ready((place, notice));
            }
        }
        Poll::Pending
    }

    /// Gives back what was in flight and every claim.
    pub async fn leave(mut self) {
        for guest in self.guests.drain(..) {
            guest.leave(&self.office, self.unsent).await;
        }
    }
}
