use std::sync::Arc;

use tokio::sync::Notify;

use super::Round;
use crate::report::Faults;

/// One message. Times are microseconds since the start; 0 is never.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    /// When it was meant to be posted.
    pub due: u64,
    /// When it was.
    pub posted: u64,
    /// When the mediator had taken it.
    pub accepted: u64,
    /// When it arrived first.
    pub arrived: u64,
    /// It was posted and delivered while its wallet held one and the same socket.
    pub live: bool,
    /// When in the run it was posted.
    pub round: Round,
    /// How often the wallet had come or gone by then.
    pub session: u32,
    /// Who waits for it.
    pub told: Option<Arc<Notify>>,
    /// How often it came again.
    pub repeats: u16,
}

/// What was written to one wallet.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    mail: Vec<Mail>,
    /// How often the wallet has come or gone: odd while it holds a socket.
    pub sessions: u32,
    /// When the one was posted that was posted last of those that have arrived.
    latest: u64,
    out_of_order: u64,
}

impl Mail {
    pub(super) fn is_of(&self, round: Round) -> bool {
        self.posted > 0 && self.round == round
    }

    fn is_owed(&self) -> bool {
        self.accepted > 0 && self.arrived == 0
    }
}

impl Mailbox {
    pub fn reserve(&mut self) -> u32 {
        self.mail.push(Mail::default());
        self.mail.len() as u32 - 1
    }

    pub fn mail(&mut self, number: u32) -> &mut Mail {
        &mut self.mail[number as usize]
    }

    pub fn each(&self) -> impl Iterator<Item = &Mail> {
        self.mail.iter()
    }

    pub fn owed(&self) -> usize {
        self.mail.iter().filter(|mail| mail.is_owed()).count()
    }

    /// Whether it arrived for the first time; `None` if nobody has posted it.
    pub fn arrived(&mut self, number: u32, now: u64) -> Option<bool> {
        let mail = self.mail.get_mut(number as usize).filter(|mail| mail.posted > 0)?;
        if mail.arrived > 0 {
            mail.repeats = mail.repeats.saturating_add(1);
            return Some(false);
        }
        mail.arrived = now;
        mail.live = self.sessions % 2 == 1 && mail.session == self.sessions;
        // It was accepted before something was posted that has arrived before it.
        let overtaken = mail.accepted > 0 && mail.accepted < self.latest;
        self.out_of_order += u64::from(overtaken);
        self.latest = self.latest.max(mail.posted);
        if let Some(told) = mail.told.take() {
            told.notify_one();
        }
        Some(true)
    }

    pub fn count(&self, faults: &mut Faults) {
        faults.out_of_order += self.out_of_order;
        for mail in self.mail.iter().filter(|mail| mail.posted > 0) {
            faults.posted += 1;
            faults.accepted += u64::from(mail.accepted > 0);
            faults.arrived += u64::from(mail.arrived > 0);
            faults.lost += u64::from(mail.is_owed());
            faults.repeated += u64::from(mail.repeats);
        }
    }
}
