//! One agent on a socket.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use didcomm::VerKey;
use protocols::Dialect;
use store::{Holder, Manner, Notice, Result, StoreError, Timestamp, Watch};

use crate::directory::Correspondent;
use crate::ids::random_u64;
use crate::session::Session;
use crate::{Mediator, Pace, Stage};

/// An agent that has spoken on a socket.
pub(super) struct Guest {
    pub who: Arc<Correspondent>,
    /// Whether it asked for answers on this socket. Once asked it stands: Credo's pings say `none` in between.
    pub returns: bool,
    /// Present once it showed how it wants its mail.
    pub reader: Option<Reader>,
}

/// An agent that reads its mailbox through this socket.
pub(super) struct Reader {
    pub session: Session,
    /// The pickup version that live deliveries are worded in.
    pub dialect: Option<&'static dyn Dialect>,
    /// In whose hands mail is that was handed over on request, before live mode.
    pub on_request: Holder,
    watch: Watch,
}

impl Guest {
    pub fn new(who: Arc<Correspondent>) -> Self {
        Self { who, returns: false, reader: None }
    }

    /// The guest's correspondent, if this is our key with it.
    pub fn known_by(&self, ours: &VerKey) -> Option<Arc<Correspondent>> {
        (self.who.connection.our_key == *ours).then(|| self.who.clone())
    }

    pub fn is_silent(&self) -> bool {
        self.reader.is_none()
    }

    pub fn deadline(&self, pace: &Pace) -> Option<Timestamp> {
        Some(self.reader.as_ref()?.session.deadline(pace))
    }

    pub fn poll_notice(&mut self, cx: &mut Context<'_>) -> Poll<Notice> {
        self.reader.as_mut().map_or(Poll::Pending, |reader| reader.watch.poll_next(cx))
    }

    /// Gives back what this guest had in flight, and its claim.
    pub async fn leave(mut self, office: &Mediator) {
        let Some(reader) = self.reader.take() else { return };
        let (owner, epoch) = (self.who.id(), reader.session.epoch());
        office.tally.stage(Stage::Returned, reader.session.unsettled());
        // Failures here cost time only: leases and claims run out by themselves.
        let _ = office.stores.mailbox.release(owner, reader.on_request, Duration::ZERO).await;
        let _ = office.stores.mailbox.release(owner, Holder::Session(epoch), Duration::ZERO).await;
        let _ = office.stores.presence.release(owner, epoch).await;
        if self.who.has_endpoint() {
            office.deliveries.poke(owner);
        }
    }
}

impl Reader {
    /// Claims the mailbox for this socket. `seat` tells the guest's pings from those of others on the socket.
    pub async fn claim(
        office: &Mediator,
        who: &Correspondent,
        seat: u32,
        implicit: bool,
    ) -> Result<Self> {
        let (now, pace) = (office.clock.now(), &office.settings.pace);
        let (epoch, watch) = newest(office, who).await?;
        let session = match implicit {
            true => Session::implicit(epoch, seat, now, pace),
            false => Session::explicit(epoch, seat, now, pace),
        };
        let on_request = Holder::Request(random_u64());
        Ok(Self { session, dialect: None, on_request, watch })
    }
}

/// A claim and its bell. Between the two steps a still newer session may have come; then we are the newest again by claiming
/// once more, as we would be had we come a moment later.
async fn newest(office: &Mediator, who: &Correspondent) -> Result<(store::Epoch, Watch)> {
    let stores = &office.stores;
    let mut tries = 3;
    loop {
        let epoch = stores.presence.claim(who.id(), &office.session).await?;
        match stores.mailbox.watch(who.id(), epoch, Manner::ALONE).await {
            Ok(watch) => return Ok((epoch, watch)),
            Err(StoreError::Displaced) if tries > 0 => tries -= 1,
            Err(error) => return Err(error),
        }
    }
}
