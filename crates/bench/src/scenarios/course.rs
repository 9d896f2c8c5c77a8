//! What scenarios have in common: wallets that join, phases that are measured, rounds that become a report.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use simulated::Agent;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Setting;
use crate::ledger::{Ledger, Round};
use crate::letters::Letters;
use crate::listening::Listener;
use crate::progress::Bar;
use crate::report::{Held, Phase, Report};
use crate::sending::{End, Senders, Through, Writing};
use crate::trouble::Trouble;
use crate::wallet::Wallet;

/// How often somebody looks whether the last messages have come.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A scenario with wallets that have joined.
pub(super) struct Course<'a> {
    pub setting: &'a Setting,
    pub wallets: Arc<Vec<Arc<Wallet>>>,
    pub ledger: Arc<Ledger>,
    pub senders: Arc<Senders>,
    rounds: Vec<Vec<Phase>>,
    pub held: Vec<Held>,
}

impl<'a> Course<'a> {
    /// Makes all wallets join.
    pub async fn start(setting: &'a Setting) -> Result<Self, Trouble> {
        let plan = &setting.plan;
        let wallets = Arc::new(setting.join_all().await?);
        let ledger = Arc::new(Ledger::new(plan.wallets));
        let letters = Arc::new(Letters::new(&wallets, &ledger, plan.size));
        let poster = &setting.tools.poster;
        let senders = Senders::new(&wallets, &ledger, &letters, poster, plan.patience)?;
        Ok(Self { setting, wallets, ledger, senders, rounds: Vec::new(), held: Vec::new() })
    }

    /// Opens a live socket for each of these wallets, and listens on them until the token is cancelled.
    pub async fn go_live(&self, wallets: &[Arc<Wallet>]) -> Result<Listening, Trouble> {
        let bar = Bar::new("live", wallets.len() as u64);
        let leave = CancellationToken::new();
        let opening = stream::iter(wallets.iter().map(|wallet| self.listener(wallet)));
        let listeners = opening
            .map(|listener| async {
                let line = listener.go_live().await?;
                bar.advance();
                Ok::<_, Trouble>(tokio::spawn(listener.listen(line, leave.clone())))
            })
            .buffer_unordered(self.setting.plan.at_once)
            .try_collect();
        let listeners = self.setting.unless_stopped(listeners).await?;
        Ok(Listening { leave, listeners })
    }

    /// This wallet, ready to listen.
    pub fn listener(&self, wallet: &Arc<Wallet>) -> Listener {
        Listener {
            wallet: wallet.clone(),
            pickup: self.setting.plan.pickup,
            tools: self.setting.tools.clone(),
            ledger: self.ledger.clone(),
        }
    }

    /// Writes in the plan's pace, and returns how long it took.
    pub async fn write(
        &self,
        (what, round): (&'static str, Round),
        through: Through,
        end: End,
        burst: fn(Duration) -> f64,
    ) -> Duration {
        let (pace, stop) = (self.setting.plan.pace, self.setting.stop.clone());
        let bar = Bar::of_messages(what, pace, end);
        self.senders.write(Writing { pace, burst, through, end, round, stop, bar }).await
    }

    /// Waits until everything that was accepted has arrived, until nothing has for as long as patience lasts, or until it is
    /// stopped.
    pub async fn settle(&self) {
        let (mut arrived, mut since) = (self.ledger.arrived_count(), Instant::now());
        while self.ledger.missing() > 0 && since.elapsed() < self.setting.plan.patience {
            tokio::select! {
                () = sleep(LOOK_EVERY) => {}
                () = self.setting.stop.cancelled() => return,
            }
            let now = self.ledger.arrived_count();
            if now > arrived {
                (arrived, since) = (now, Instant::now());
            }
        }
    }

    /// A round is over.
    pub fn end_round(&mut self, phases: Vec<Phase>) {
        self.rounds.push(phases);
    }

    /// The memory of the server with so many sockets, if it is watched.
    pub fn hold(&mut self, sockets: u64) {
        if !self.setting.watched.is_empty() {
            self.held.push(Held { sockets, resident_mb: self.setting.watched.resident() });
        }
    }

    /// Everything that was measured.
    pub fn report(self) -> Result<Report, Trouble> {
        let faults = self.ledger.faults();
        self.setting.report(self.rounds, faults, self.held)
    }
}

/// Wallets that hold sockets.
pub(super) struct Listening {
    leave: CancellationToken,
    listeners: Vec<JoinHandle<()>>,
}

impl Listening {
    /// They all leave, in an orderly way.
    pub async fn end(self) {
        self.leave.cancel();
        futures_util::future::join_all(self.listeners).await;
    }

    /// More of them, to be ended together.
    pub fn join(&mut self, other: Self) {
        let (leave, end) = (self.leave.clone(), other.leave);
        self.listeners.extend(other.listeners);
        self.listeners.push(tokio::spawn(async move {
            leave.cancelled().await;
            end.cancel();
        }));
    }
}

impl Setting {
    /// Joins all wallets of the plan.
    async fn join_all(&self) -> Result<Vec<Arc<Wallet>>, Trouble> {
        let bar = &Bar::new("joining", u64::from(self.plan.wallets));
        let joining = stream::iter(0..self.plan.wallets)
            .map(|number| async move {
                let (wallet, _) = self.join(number).await?;
                bar.advance();
                Ok::<_, Trouble>(Arc::new(wallet))
            })
            .buffered(self.plan.at_once)
            .try_collect();
        self.unless_stopped(joining).await
    }

    /// Joins one wallet.
    pub async fn join(&self, number: u32) -> Result<(Wallet, crate::wallet::Steps), Trouble> {
        let (home, entrance) = self.homes(number);
        let agent = Agent::new(number, self.seed);
        Wallet::join(agent, home, entrance, &self.tools).await
    }

    /// Does this, if nobody has had enough before.
    pub async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        tokio::select! {
            done = work => done,
            () = self.stop.cancelled() => Err(Trouble::Interrupted),
        }
    }
}
