//! One running mediator: its process and its network.

use std::sync::Arc;
use std::time::Duration;

use mediator::{Answer, Ended, Link, Mediator, Outbound, Settings, Socket};
use parking_lot::Mutex;
use store::{Clock, Stores};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::cast;
use super::presence::Faint;
use super::roads::Roads;
use super::wire::OfficeEnd;
use crate::{Random, RuntimeClock};

/// A mediator that runs until it is killed.
pub(super) struct Office {
    pub mediator: Arc<Mediator>,
    clock: RuntimeClock,
    life: CancellationToken,
    presence: Arc<Faint>,
    /// Its sockets, and what it does by itself.
    sockets: Mutex<JoinSet<Option<()>>>,
}

/// A socket that has so much to do at one moment is turning in circles.
const STEPS_AT_ONCE: usize = 2_000;

impl Office {
    pub fn open(
        name: usize,
        stores: Stores,
        clock: RuntimeClock,
        pace: mediator::Pace,
        roads: Arc<Roads>,
    ) -> Arc<Self> {
        let mut settings = Settings::at("http://simulated.test", "ws://simulated.test");
        settings.instance = format!("office-{name}");
        settings.pace = pace;
        // Mail that is left lying must show.
        let (backoff_most, look_every) = (Duration::from_secs(10), Duration::from_secs(3600));
        settings.outbound = Outbound { backoff_most, look_every, ..settings.outbound };
        let presence = Faint::new(stores.presence.clone());
        let stores = Stores { presence: presence.clone(), ..stores };
        let mediator = Mediator::new(settings, cast::identity(), stores, Arc::new(clock), roads);
        let life = CancellationToken::new();
        let office = Arc::new(Self { mediator, clock, life, presence, sockets: Mutex::default() });
        office.begin();
        office
    }

    /// Does what a mediator does by itself.
    fn begin(&self) {
        let (mediator, life) = (self.mediator.clone(), self.life.clone());
        let working =
            async move { life.run_until_cancelled(mediator.run(CancellationToken::new())).await };
        self.sockets.lock().spawn(working);
    }

    /// For so long the store does not hear that it is alive.
    pub async fn faint(&self, lasts: Duration) {
        self.presence.be_unheard(true);
        sleep(lasts).await;
        self.presence.be_unheard(false);
    }

    /// The process is gone, in the middle of whatever it did.
    pub fn kill(&self) {
        self.life.cancel();
    }

    /// Takes one request. `None` if the process dies over it.
    pub async fn post(&self, body: &[u8]) -> Option<Answer> {
        self.life.run_until_cancelled(self.mediator.post(body)).await
    }

    /// Does something as part of the process.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.life.run_until_cancelled(work).await
    }

    /// Serves a socket.
    pub fn serve(self: &Arc<Self>, link: OfficeEnd, random: Random) {
        let (office, life) = (self.clone(), self.life.clone());
        let serving = async move { life.run_until_cancelled(office.keep(link, random)).await };
        self.sockets.lock().spawn(serving);
    }

    /// Kills it, and says how its sockets ended that did not end well.
    pub async fn close(&self) -> Vec<String> {
        self.kill();
        let mut sockets = std::mem::take(&mut *self.sockets.lock());
        let mut complaints = Vec::new();
        while let Some(ended) = sockets.join_next().await {
            complaints.extend(ended.err().map(|error| format!("a socket panicked: {error}")));
        }
        complaints
    }

    /// What [`Mediator::serve_socket`] does, in an order of events that the seed decides.
    async fn keep(&self, mut link: OfficeEnd, mut random: Random) {
        let mut socket = Socket::new(self.mediator.clone());
        let mut steps = (Instant::now(), 0);
        loop {
            let step = self.step(&mut socket, &mut link, random.chance(50)).await;
            if let Err(ended) = step {
                if let Ended::Closed(reason) = ended {
                    link.close(reason).await;
                }
                break;
            }
            assert!(goes_on(&mut steps), "the socket turns in circles");
        }
        drop(link);
        socket.leave().await;
    }

    async fn step(
        &self,
        socket: &mut Socket,
        link: &mut OfficeEnd,
        bell_first: bool,
    ) -> Result<(), Ended> {
        let rest = socket.deadline().since(self.clock.now());
        if bell_first {
            tokio::select! { biased;
                (guest, notice) = std::future::poll_fn(|cx| socket.poll_notice(cx)) => socket.notice(guest, notice, link).await,
                () = sleep(rest) => socket.tick(link).await,
                heard = link.next() => match heard {
                    Some(heard) => socket.hear(heard, link).await,
                    None => Err(Ended::Down),
                },
            }
        } else {
            tokio::select! { biased;
                heard = link.next() => match heard {
                    Some(heard) => socket.hear(heard, link).await,
                    None => Err(Ended::Down),
                },
                (guest, notice) = std::future::poll_fn(|cx| socket.poll_notice(cx)) => socket.notice(guest, notice, link).await,
                () = sleep(rest) => socket.tick(link).await,
            }
        }
    }
}

/// Whether time passes between steps.
fn goes_on(steps: &mut (Instant, usize)) -> bool {
    let now = Instant::now();
    if now.duration_since(steps.0) > Duration::ZERO {
        *steps = (now, 0);
    }
    steps.1 += 1;
    steps.1 < STEPS_AT_ONCE
}
