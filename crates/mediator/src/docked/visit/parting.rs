//! How an instance and a socket part.

use super::Visit;
use crate::socket::Profile;
use crate::{CloseReason, Ended, Link, Socket};

/// Why this instance serves a socket no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// Somebody else does.
    LetGo,
    /// It is over.
    Over(Ended),
    /// Its dock says so.
    Closed,
}

impl Visit {
    /// The shard is let go. Whoever has it next serves this socket, unless the store has forgotten it and it is too late to say so once
    /// more: then its wallet has to come again.
    pub(super) fn let_go(&self) -> Parting {
        let is_too_late = self.shard.is_lost() && self.is_forgotten();
        match self.shard.is_nobodys() || is_too_late {
            true => Parting::Over(Ended::Closed(CloseReason::TryLater)),
            false => Parting::LetGo,
        }
    }

    pub(super) async fn part(mut self, parting: Parting) {
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

    pub(super) async fn part_from_mailboxes(&mut self) {
        let office = self.shard.office.clone();
        let socket = std::mem::replace(&mut self.socket, Socket::new(office));
        socket.leave().await;
    }
}
