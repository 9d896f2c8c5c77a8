//! Requests that came while the store was away. A socket outlasts that: its wallet would only knock again and again, with all others.

use std::collections::VecDeque;
use std::time::Duration;

use protocols::Inbound;
use store::{StoreError, Timestamp};
use tokio::time::sleep;

use super::{Ended, Socket, Trouble};
use crate::commands::STORE_POLL;
use crate::{CloseReason, Heard, Link};

/// How often a store that stays away is asked, at least.
const POLL_LEAST: Duration = Duration::from_secs(2);

/// Bytes that one socket may have waiting, if it is more than one request.
const BYTES_MOST: usize = 64 * 1024;

/// What a guest wants.
pub(super) struct Request {
    /// The guest's place.
    pub place: usize,
    pub inbound: Inbound,
    /// Of its envelope.
    pub bytes: usize,
}

/// Requests in the order in which they came.
pub(super) struct Waiting {
    requests: VecDeque<Request>,
    bytes: usize,
    pause: Duration,
    again: Timestamp,
}

impl Waiting {
    /// When the store is to be asked again.
    pub fn again(&self) -> Timestamp {
        self.again
    }
}

impl Socket {
    /// Deals with a request, or keeps it until the store is back. Nothing that a request asks for does harm when it is done twice.
    pub(super) async fn serve_in_turn<L: Link>(
        &mut self,
        request: Request,
        link: &mut L,
    ) -> Result<(), Trouble> {
        if self.waiting.is_none() {
            match self.request(request.place, &request.inbound, link).await {
                Err(Trouble::Store(StoreError::Unavailable(_))) => {}
                served => return served,
            }
        }
        Ok(self.keep_waiting(request)?)
    }

    fn keep_waiting(&mut self, request: Request) -> Result<(), Ended> {
        let again = self.office.clock.now() + STORE_POLL;
        let none = || Waiting { requests: VecDeque::new(), bytes: 0, pause: STORE_POLL, again };
        let waiting = self.waiting.get_or_insert_with(|| Box::new(none()));
        waiting.bytes += request.bytes;
        if waiting.bytes > BYTES_MOST && !waiting.requests.is_empty() {
            return Err(Ended::Closed(CloseReason::TryLater));
        }
        waiting.requests.push_back(request);
        Ok(())
    }

    /// Deals with what waits, if its time has come and the store is back.
    pub(super) async fn serve_waiting<L: Link>(&mut self, link: &mut L) -> Result<(), Ended> {
        let now = self.office.clock.now();
        let Some(mut waiting) = self.waiting.take_if(|waiting| waiting.again <= now) else {
            return Ok(());
        };
        while let Some(request) = waiting.requests.front() {
            match self.request(request.place, &request.inbound, link).await {
                Err(Trouble::Store(StoreError::Unavailable(_))) => {
                    waiting.pause = (waiting.pause * 2).min(POLL_LEAST);
                    waiting.again = self.office.clock.now() + waiting.pause;
                    self.waiting = Some(waiting);
                    return Ok(());
                }
                served => served.or_else(Self::unserved)?,
            }
            waiting.bytes -= request.bytes;
            waiting.requests.pop_front();
        }
        Ok(())
    }

    /// Like [`Socket::hear`], for a frame that whoever handed it in keeps until it has been dealt with: returns when it has.
    ///
    /// # Errors
    /// As [`Socket::hear`], and [`CloseReason::TryLater`] if the store is away for longer than a peer may be kept waiting.
    pub async fn hear_out<L: Link>(&mut self, heard: Heard, link: &mut L) -> Result<(), Ended> {
        let until = self.office.clock.now() + self.office.settings.patience.for_store;
        self.hear(heard, link).await?;
        while self.waiting.is_some() {
            if self.office.clock.now() >= until {
                return Err(Ended::Closed(CloseReason::TryLater));
            }
            sleep(STORE_POLL).await;
            self.serve_waiting(link).await?;
        }
        Ok(())
    }
}
