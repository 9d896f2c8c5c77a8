//! One socket at a dock, while this instance serves it.

use std::future::poll_fn;
use std::sync::Arc;

use store::{Notice, Position};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::sleep;

use super::count::Count;
use super::link::DockedLink;
use super::register::{Entry, Register};
use super::shard::Shard;
use super::slip::Errand;
use super::{BerthId, Event, Reach};
use crate::ids::random_u64;
use crate::socket::Profile;
use crate::{CloseReason, Ended, Heard, Link, Socket};

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

/// Why this instance serves a socket no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parting {
    /// Somebody else does.
    LetGo,
    /// It is over.
    Over(Ended),
    /// Its dock says so.
    Closed,
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

    /// The shard is let go. Whoever has it next serves this socket, unless the store has forgotten it and it is too late to say so once
    /// more: then its wallet has to come again.
    fn let_go(&self) -> Parting {
        let is_too_late = self.shard.is_lost() && self.is_forgotten();
        match self.shard.is_nobodys() || is_too_late {
            true => Parting::Over(Ended::Closed(CloseReason::TryLater)),
            false => Parting::LetGo,
        }
    }

    /// Whether the register has lost what it said of this socket. Somebody else may have entered it anew since, who knows less of it.
    fn is_forgotten(&self) -> bool {
        self.kept.is_some() && self.shard.has_forgotten(&self.link.berth, self.mark)
    }

    /// Sees to it that the register says what there is to say, before a message counts as heard.
    async fn enter(&mut self, number: Option<u64>) -> Result<(), Parting> {
        let is_new = self.kept.is_none();
        if !self.keep_as(self.socket.profile()).await {
            return Ok(());
        }
        if !self.shard.is_ours().await {
            // Whoever has it now may have read the register before.
            self.strike().await;
            self.shard.let_go.cancelled().await;
            return Err(self.let_go());
        }
        let is_midway = is_new && self.heard.misses_one_before(number);
        match is_midway && !self.shard.has_jobs_elsewhere().await {
            // Nobody knows what its wallet has asked for before: it comes again, and says so.
            true => Err(Parting::Over(Ended::Closed(CloseReason::TryLater))),
            false => Ok(()),
        }
    }

    /// Enters this, unless it is there, and says whether it did.
    async fn keep_as(&mut self, profile: Profile) -> bool {
        if profile == self.profile {
            return false;
        }
        let DockedLink { berth, reach, .. } = &self.link;
        let entry = Entry { berth: berth.clone(), reach: reach.clone(), profile, mark: self.mark };
        match self.register().write(&entry).await {
            Ok(position) => {
                if let Some(before) = self.kept.replace(position) {
                    self.register().strike(before).await;
                }
                self.profile = entry.profile;
                true
            }
            Err(error) => {
                // Written when the next event comes.
                tracing::warn!(%error, "a socket could not be entered in its register");
                false
            }
        }
    }

    fn register(&self) -> Register<'_> {
        self.shard.register()
    }

    async fn part(mut self, parting: Parting) {
        match parting {
            Parting::LetGo => {
                if !self.shard.is_lost() {
                    if self.is_forgotten() {
                        self.profile = Profile::default();
                    }
                    let profile = self.socket.profile_with_mail();
                    self.keep_as(profile).await;
                }
                self.part_from_mailboxes().await;
            }
            Parting::Closed => {}
            Parting::Over(ended) => {
                self.shard.forget(&self.link.berth, self.heard.clone());
                let reason = match ended {
                    Ended::Closed(reason) => {
                        self.shard.office.tally.close(reason);
                        reason
                    }
                    // Its wallet may not know yet.
                    Ended::Down => CloseReason::GoingAway,
                };
                self.part_from_mailboxes().await;
                self.strike().await;
                self.link.close(reason).await;
            }
        }
        self.shard.office.tally.socket_ended();
    }

    async fn part_from_mailboxes(&mut self) {
        let office = self.shard.office.clone();
        let socket = std::mem::replace(&mut self.socket, Socket::new(office));
        socket.leave().await;
    }

    async fn strike(&mut self) {
        if let Some(kept) = self.kept.take() {
            self.register().strike(kept).await;
        }
    }
}
