//! What the register says of a socket.

use super::Visit;
use super::parting::Parting;
use crate::docked::link::DockedLink;
use crate::docked::register::{Entry, Register};
use crate::socket::Profile;
use crate::{CloseReason, Ended};

impl Visit {
    /// Whether the register has lost what it said of this socket. Somebody else may have entered it anew since, who knows less of it.
    pub(super) fn is_forgotten(&self) -> bool {
        self.kept.is_some() && self.shard.has_forgotten(&self.link.berth, self.mark)
    }

    /// Sees to it that the register says what there is to say, before a message counts as heard.
    pub(super) async fn enter(&mut self, number: Option<u64>) -> Result<(), Parting> {
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
    pub(super) async fn keep_as(&mut self, profile: Profile) -> bool {
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

    pub(super) async fn strike(&mut self) {
        if let Some(kept) = self.kept.take() {
            self.register().strike(kept).await;
        }
    }
}
