//! One socket at a dock, while this instance serves it.

mod entered;
mod parting;

use std::future::poll_fn;
use std::sync::Arc;

use store::{Notice, Position};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::sleep;

use super::count::Count;
use super::link::DockedLink;
use super::shard::Shard;
use super::slip::Errand;
use super::{BerthId, Event, Reach};
use crate::ids::random_u64;
use crate::socket::Profile;
use crate::{CloseReason, Ended, Heard, Socket};
use parting::Parting;

/// A socket, what it is told, and what is kept of it.
pub(super) struct Visit {
    shard: Arc<Shard>,
    socket: Socket,
    link: DockedLink,
    errands: UnboundedReceiver<Errand>,
    /// What the register says, and where.
    kept: Option<Position>,
    profile: Profile,
    mark: u64,
    /// By this instance.
    heard: Count,
}

impl Visit {
    /// A socket that nobody has served yet.
    pub fn new(
        shard: Arc<Shard>,
        berth: BerthId,
        reach: Reach,
        errands: UnboundedReceiver<Errand>,
    ) -> Self {
        let socket = Socket::elsewhere(shard.office.clone(), reach.proof());
        let link = DockedLink { shard: shard.clone(), berth, reach };
        Self {
            shard,
            socket,
            link,
            errands,
            kept: None,
            profile: Profile::default(),
            mark: random_u64(),
            heard: Count::default(),
        }
    }

    /// The same for one that somebody has served, and that is in the register.
    pub fn resumed(self, kept: Position, profile: Profile, mark: u64) -> Self {
        Self { kept: Some(kept), profile, mark, ..self }
    }

    /// Serves it until it ends or is let go.
    pub async fn run(mut self) {
        self.shard.office.tally.socket_opened();
        let parting = match Box::pin(self.resume()).await {
            Ok(()) => self.serve().await,
            Err(parting) => parting,
        };
        Box::pin(self.part(parting)).await;
    }

    async fn resume(&mut self) -> Result<(), Parting> {
        let profile = self.profile.clone();
        let resumed = self.socket.resume_as(&profile, &mut self.link).await;
        self.judge(resumed).await
    }

    async fn serve(&mut self) -> Parting {
        loop {
            let rest = self.socket.deadline().since(self.shard.office.clock.now());
            let served = tokio::select! { biased;
                () = self.shard.let_go.cancelled() => Err(self.let_go()),
                errand = self.errands.recv() => match errand {
                    // What an errand sets in motion is large; an idle socket should not hold room for it.
                    Some(errand) => Box::pin(self.run_errand(errand)).await,
                    None => Err(Parting::LetGo),
                },
                (guest, notice) = poll_fn(|cx| self.socket.poll_notice(cx)) => {
                    Box::pin(self.notice(guest, notice)).await
                }
                () = sleep(rest) => Box::pin(self.tick()).await,
            };
            if let Err(parting) = served {
                return parting;
            }
        }
    }

    async fn run_errand(&mut self, errand: Errand) -> Result<(), Parting> {
        let Errand { event, number, slip } = errand;
        if self.heard.has(number) {
            slip.settle();
            return Ok(());
        }
        let heard = match event {
            Event::Opened => None,
            Event::Frame(bytes) => Some(Heard::Frame(bytes)),
            Event::Pong(payload) => Some(Heard::Pong(payload)),
            Event::Closed => {
                // Settled when nothing is left of it.
                self.part_from_mailboxes().await;
                self.strike().await;
                self.shard.forget(&self.link.berth, self.heard.clone());
                slip.settle();
                return Err(Parting::Closed);
            }
        };
        let outcome = match heard {
            Some(heard) => self.socket.hear_out(heard, &mut self.link).await,
            None => Ok(()),
        };
        let judged = match self.judge(outcome).await {
            Ok(()) => self.enter(number).await,
            parting => parting,
        };
        // What is told again is heard by whoever serves this socket then.
        let is_put_off = outcome == Err(Ended::Closed(CloseReason::TryLater));
        if judged != Err(Parting::LetGo) && !is_put_off {
            self.heard.add(number);
            slip.settle();
        }
        judged
    }

    async fn notice(&mut self, guest: usize, notice: Notice) -> Result<(), Parting> {
        let noticed = self.socket.notice(guest, notice, &mut self.link).await;
        self.judge(noticed).await
    }

    async fn tick(&mut self) -> Result<(), Parting> {
        let ticked = self.socket.tick(&mut self.link).await;
        self.judge(ticked).await
    }

    /// Mailboxes that were taken from us may have been taken by whoever serves this socket now.
    async fn judge(&self, outcome: Result<(), Ended>) -> Result<(), Parting> {
        match outcome {
            Ok(()) => Ok(()),
            Err(Ended::Closed(CloseReason::Displaced)) if !self.shard.is_ours().await => {
                // By then it is known what became of the shard.
                self.shard.let_go.cancelled().await;
                Err(self.let_go())
            }
            Err(ended) => Err(Parting::Over(ended)),
        }
    }
}
