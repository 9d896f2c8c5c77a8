//! One agent on a socket.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use didcomm::VerKey;
use protocols::Dialect;
use store::{
    Company, Epoch, Holder, Manner, Notice, RecipientId, Result, StoreError, Timestamp, Watch,
};

use crate::directory::Correspondent;
use crate::farewells::Farewell;
use crate::ids::random_u64;
use crate::session::{Proof, Session};
use crate::{Mediator, Pace, Sockets, Stage, chance};

/// An agent that has spoken on a socket.
pub(super) struct Guest {
    pub who: Arc<Correspondent>,
    /// Whether it asked for answers on this socket. Once asked it stands: Credo's pings say `none` in between.
    pub returns: bool,
    /// Present once it showed how it wants its mail.
    pub reader: Option<Reader>,
}

/// How an agent sits on a socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    /// Tells its pings from those of others on the socket.
    pub number: u32,
    /// Whether it wants bare envelopes.
    pub implicit: bool,
    /// What shows that it has what it was sent.
    pub proof: Proof,
}

/// An agent that reads its mailbox through this socket.
pub(super) struct Reader {
    pub session: Session,
    /// The epoch of its claim.
    pub epoch: Epoch,
    /// The pickup version that live deliveries are worded in.
    pub dialect: Option<&'static dyn Dialect>,
    /// In whose hands mail is that was handed over on request, before live mode.
    on_request: Option<Holder>,
    manner: Manner,
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

    /// Gives back what this guest had in flight, and its claim. With `unsent`, some of that never left.
    pub async fn leave(mut self, office: &Mediator, unsent: bool) {
        let Some(reader) = self.reader.take() else { return };
        let owner = self.who.id();
        office.tally.stage(Stage::Returned, reader.session.unsettled());
        let farewell = reader.farewell(office, owner, unsent);
        let comes_back = farewell.linger;
        office.part(farewell).await;
        if self.who.has_endpoint() {
            office.deliveries.poke_at(owner, comes_back);
            office.deliveries.poke(owner);
        }
    }
}

impl Reader {
    /// Claims the mailbox for this socket.
    pub async fn claim(office: &Mediator, who: &Correspondent, seat: Seat) -> Result<Self> {
        // What never left of older sessions must be heard of before it lingers.
        office.part_at_last().await;
        let manner = manner(office, seat.implicit);
        let claimed = newest(office, who.id(), manner).await?;
        Ok(Self::new(office, who, seat, manner, claimed))
    }

    /// Claims the mailbox again for a socket that somebody else served before. `None` if there is a newer one.
    pub async fn reclaim(
        office: &Mediator,
        who: &Correspondent,
        seat: Seat,
    ) -> Result<Option<Self>> {
        office.part_at_last().await;
        let manner = manner(office, seat.implicit);
        // Whoever died with mail in hand may never have sent it; whoever left has said how long it is to be waited for.
        let at_once = Manner { linger: Duration::ZERO, ..manner };
        let claimed = vacant(office, who.id(), at_once).await?;
        Ok(claimed.map(|claimed| Self::new(office, who, seat, manner, claimed)))
    }

    fn new(
        office: &Mediator,
        who: &Correspondent,
        seat: Seat,
        manner: Manner,
        (epoch, watch): (Epoch, Watch),
    ) -> Self {
        let (now, pace) = (office.clock.now(), &office.settings.pace);
        let seed = chance::seed(who.id(), epoch.0);
        let session = match seat.implicit {
            true => Session::implicit(seat.number, seed, now, pace),
            false => Session::explicit(seat.number, seed, now),
        };
        let session = session.proven_by(seat.proof);
        Self { session, epoch, dialect: None, on_request: None, manner, watch }
    }

    /// In whose hands mail is that is handed over on request now.
    pub fn holder(&mut self) -> Holder {
        if self.session.is_live() {
            return Holder::Session(self.epoch);
        }
        *self.on_request.get_or_insert_with(|| Holder::Request(random_u64()))
    }

    /// The store says that this session reads no longer. If nobody else does either, the engine has forgotten us: then we
    /// are the reader again, under a new epoch. Says whether we are.
    pub async fn resume(&mut self, office: &Mediator, owner: RecipientId) -> Result<bool> {
        if self.watch.try_next() == Some(Notice::Displaced) {
            return Ok(false);
        }
        office.stores.presence.release(owner, self.epoch).await?;
        let Some((epoch, watch)) = vacant(office, owner, self.manner).await? else {
            return Ok(false);
        };
        (self.epoch, self.watch) = (epoch, watch);
        Ok(true)
    }

    fn farewell(&self, office: &Mediator, owner: RecipientId, unsent: bool) -> Farewell {
        let now = office.clock.now();
        // What never left must be first to leave.
        let linger = match unsent {
            true => now,
            false => now + self.session.linger(&office.settings.pace),
        };
        Farewell { owner, epoch: self.epoch, on_request: self.on_request, linger }
    }
}

/// How a session takes its mailbox over. A wallet that asks with pickup messages may still be busy with what an older socket
/// brought, and acknowledge it; one that pings for bare envelopes acknowledges nothing and need not be waited for.
fn manner(office: &Mediator, implicit: bool) -> Manner {
    let company = match office.settings.sockets {
        Sockets::Newest => Company::Alone,
        Sockets::All => Company::Shared,
    };
    let linger = if implicit { Duration::ZERO } else { office.settings.pace.linger };
    Manner { company, linger }
}

/// A claim and its bell. Between the two steps a still newer session may have come; then we are the newest again by claiming
/// once more, as we would be had we come a moment later.
async fn newest(office: &Mediator, owner: RecipientId, manner: Manner) -> Result<(Epoch, Watch)> {
    let stores = &office.stores;
    let mut tries = 3;
    loop {
        let epoch = stores.presence.claim(owner, &office.session).await?;
        match stores.mailbox.watch(owner, epoch, manner).await {
            Ok(watch) => return Ok((epoch, watch)),
            Err(StoreError::Displaced) if tries > 0 => tries -= 1,
            Err(error) => return Err(error),
        }
    }
}

/// The same where no newer session may be displaced. `None` if there is one.
async fn vacant(
    office: &Mediator,
    owner: RecipientId,
    manner: Manner,
) -> Result<Option<(Epoch, Watch)>> {
    let (presence, claimant) = (&office.stores.presence, &office.session);
    let epoch = match manner.company {
        Company::Alone => presence.claim_vacant(owner, claimant, office.clock.now()).await?,
        Company::Shared => Some(presence.claim(owner, claimant).await?),
    };
    let Some(epoch) = epoch else { return Ok(None) };
    match office.stores.mailbox.watch(owner, epoch, manner).await {
        Ok(watch) => Ok(Some((epoch, watch))),
        Err(StoreError::Displaced) => Ok(None),
        Err(error) => Err(error),
    }
}
