//! Wallets: they come and go, and fetch their mail in their way.

mod asking;
mod live;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use protocols::pickup::{V2_0, V4_0};
use tokio::time::{Instant, sleep, sleep_until};

use super::cast::cast;
use super::plan::Kind;
use super::wire::WalletEnd;
use super::world::{BREATH, World};
use crate::{Agent, Random};

/// One wallet, for as long as the world lasts.
pub(super) struct Wallet {
    world: Arc<World>,
    agent: Arc<Agent>,
    kind: Kind,
    random: Random,
}

/// One stay of a wallet with a mediator.
struct Visit {
    world: Arc<World>,
    agent: Arc<Agent>,
    random: Random,
    habits: Habits,
}

/// What a wallet does differently on each visit.
#[derive(Debug, Clone, Copy)]
struct Habits {
    /// Messages in a hundred that it acknowledges.
    diligence: u64,
    /// How long it takes to acknowledge.
    slowness: Duration,
    /// How much it asks for at a time.
    appetite: i64,
    /// How often it polls.
    interval: Duration,
    /// Whether the mediator hears it when it goes.
    says_goodbye: bool,
}

impl Wallet {
    pub fn new(world: Arc<World>, place: usize, kind: Kind) -> Self {
        let random = world.fork();
        Self { agent: cast().wallet(place), world, kind, random }
    }

    /// Visits until the world is over.
    pub async fn live(mut self) {
        let over = self.world.over.clone();
        let life = async {
            loop {
                if self.world.is_stormy() {
                    self.live_through_the_storm().await;
                } else {
                    self.visit(self.kind).run(self.kind).await;
                    sleep(BREATH).await;
                }
            }
        };
        over.run_until_cancelled(life).await;
    }

    async fn live_through_the_storm(&mut self) {
        let most = *self.random.pick(&[2_000, 40_000, 40_000, 200_000]);
        let leaves = (Instant::now() + self.random.millis(200..most)).min(self.world.heals);
        let kind = if self.random.chance(80) { self.kind } else { *self.random.pick(&Kind::ALL) };
        let mut visit = self.visit(kind);
        let second = self.random.chance(15).then(|| self.visit(kind));
        let both = async {
            match second {
                Some(mut second) => drop(tokio::join!(visit.run(kind), second.run(kind))),
                None => visit.run(kind).await,
            }
        };
        tokio::select! { biased;
            () = sleep_until(leaves) => {}
            () = both => sleep(BREATH).await,
        }
        if self.random.chance(30) {
            sleep_until((Instant::now() + self.random.millis(100..20_000)).min(self.world.heals))
                .await;
        }
    }

    fn visit(&mut self, _kind: Kind) -> Visit {
        let stormy = self.world.is_stormy();
        let mut random = self.random.fork();
        let habits = Habits {
            diligence: if stormy { *random.pick(&[100, 100, 70]) } else { 100 },
            slowness: if stormy && random.chance(30) {
                random.millis(100..150_000)
            } else {
                Duration::ZERO
            },
            appetite: random.within(1..12) as i64,
            interval: random.millis(2_000..15_000),
            says_goodbye: !stormy || random.chance(60),
        };
        Visit { world: self.world.clone(), agent: self.agent.clone(), random, habits }
    }
}

impl Visit {
    async fn run(&mut self, kind: Kind) {
        match kind {
            Kind::Implicit => self.implicit().await,
            Kind::ImplicitHttp => self.implicit_http().await,
            Kind::Batch => self.batch().await,
            Kind::BatchSocket => self.batch_socket().await,
            Kind::Polling => self.polling().await,
            Kind::PollingSocket => self.polling_socket().await,
            Kind::Live => self.live(&V2_0, false).await,
            Kind::LiveHttpAcks => self.live(&V2_0, true).await,
            Kind::LiveFour => self.live(&V4_0, false).await,
            Kind::Changing => self.changing().await,
            Kind::Endpoint => std::future::pending().await,
        }
    }

    async fn dial(&mut self) -> WalletEnd {
        let mut end = self.world.dial(&self.agent, &mut self.random).await;
        end.says_goodbye = self.habits.says_goodbye;
        end
    }

    /// Those of the ids that this wallet cares to acknowledge.
    fn worth_acknowledging(&mut self, ids: Vec<String>) -> Vec<String> {
        let diligence = self.habits.diligence;
        ids.into_iter().filter(|_| self.random.chance(diligence)).collect()
    }
}
