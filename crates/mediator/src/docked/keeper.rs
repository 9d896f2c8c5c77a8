//! Which instance serves which shards.
//!
//! Instances that serve docks know of each other by a roster. Each claims vacant shards up to its share and lets go what it has beyond
//! it, so that a new instance gets its part within seconds. Claims stand while their instance shows that it lives: those of
//! a dead one are vacant at the moment at which the roster misses it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use store::{Company, Manner, Notice, QueueWatch, Result, Watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Docks;
use super::shard::{SHARDS, Shard, events_of, id_of};
use crate::ids::random_u64;
use crate::roster::{LOOK_EVERY, Roster};

/// The list on which those who serve docks are.
const ROSTER: &[u8; 15] = b"dock keepers...";

/// A shard that another instance has reads its mailbox alone.
const ALONE: Manner = Manner { company: Company::Alone, linger: Duration::ZERO };

/// So often an instance looks for vacant shards without a reason.
const LOOK_AROUND: u32 = 5;

/// An instance looks by itself so often whether something happened, and whether its shards still are its own.
const IDLE: Duration = Duration::from_secs(3);

/// How long signs of life of an instance count that has not given one yet.
const FIRST_SIGN: Duration = Duration::from_secs(4);

/// What one round leaves to the next.
struct Rounds {
    roster: Roster,
    present: usize,
    quiet: u32,
    /// Docks that did not show that they live.
    missed: BTreeSet<String>,
    /// Where this instance begins to look, so that two do not always want the same.
    first: u8,
}

impl Docks {
    /// Serves this instance's share of the sockets until `stop`, then lets go of them: they stay open, for others.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let first = random_u64() as u8 % SHARDS;
        let (roster, missed) = (Roster::of(ROSTER), BTreeSet::new());
        let mut rounds = Rounds { roster, present: 0, quiet: 0, missed, first };
        let (instance, until) = (&self.office.session.instance, self.office.clock.now());
        // Without it the first claims may not stand.
        let _ = self.office.stores.presence.renew(instance, until + FIRST_SIGN).await;
        let posts = self.office.clone().serve_posts(self.lost_docks.clone(), stop.clone());
        let posts = tokio::spawn(posts);
        loop {
            if let Err(error) = self.round(&mut rounds).await {
                tracing::debug!(%error, "shards could not be looked after");
            }
            if stop.run_until_cancelled(sleep(LOOK_EVERY)).await.is_none() {
                break;
            }
        }
        // Others claim what is let go as soon as they see that they are fewer.
        rounds.roster.sign_out(&self.office).await;
        for shard in self.let_go_beyond(0) {
            shard.gone.cancelled().await;
        }
        // It ends by itself when what it has in hand is answered.
        let _ = posts.await;
    }

    async fn round(self: &Arc<Self>, rounds: &mut Rounds) -> Result<()> {
        let gone = rounds.roster.read(&self.office).await?;
        let present = rounds.roster.present();
        let changed = gone || std::mem::replace(&mut rounds.present, present) != present;
        let (least, most) = share(present);
        self.let_go_beyond(most);
        self.miss_docks(&mut rounds.missed).await;
        self.shards().iter().for_each(|shard| shard.tidy_up());
        let held = self.held.lock().len();
        rounds.quiet = if changed { 0 } else { rounds.quiet + 1 };
        if held < least || (held < most && rounds.quiet.is_multiple_of(LOOK_AROUND)) {
            self.claim_up_to(most, rounds.first).await?;
        }
        Ok(())
    }

    /// Forgets docks that are gone.
    async fn miss_docks(&self, missed: &mut BTreeSet<String>) {
        let mut gone = self.lost_docks.take();
        let mut missing = BTreeSet::new();
        for dock in self.lost_docks.with_orders() {
            if self.office.dock_lives(&dock).await {
                continue;
            }
            // After an outage of the store a dock may need a moment to be heard again.
            let was_missed = missed.contains(&dock);
            match was_missed && self.bury(&dock).await {
                true => gone.push(dock),
                false => drop(missing.insert(dock)),
            }
        }
        *missed = missing;
        for dock in gone {
            let sockets: usize = self.shards().iter().map(|shard| shard.forget_dock(&dock)).sum();
            if sockets > 0 {
                tracing::warn!(dock, sockets, "a dock is gone, its sockets are forgotten");
            }
        }
    }

    /// Takes a dock for dead, and throws away what waits for it.
    async fn bury(&self, dock: &str) -> bool {
        // What is put there from now on is found the next time.
        self.lost_docks.forget_orders(dock);
        let is_dead = matches!(self.office.declare_dead(dock).await, Ok(true));
        if !is_dead || self.office.orders_wait(dock).await {
            self.lost_docks.ordered(dock);
        }
        is_dead
    }

    fn shards(&self) -> Vec<Arc<Shard>> {
        self.held.lock().values().cloned().collect()
    }

    async fn claim_up_to(self: &Arc<Self>, most: usize, first: u8) -> Result<()> {
        let mut numbers = (0..SHARDS).map(|turn| (first + turn) % SHARDS).filter(|number| {
            let held = self.held.lock();
            !held.contains_key(number)
        });
        loop {
            let missing = most.saturating_sub(self.held.lock().len());
            let claims: Vec<_> =
                numbers.by_ref().take(missing).map(|number| self.claim(number)).collect();
            if claims.is_empty() {
                return Ok(());
            }
            try_join_all(claims).await?;
        }
    }

    /// Serves a shard if nobody else does.
    async fn claim(self: &Arc<Self>, number: u8) -> Result<()> {
        let (office, id) = (&self.office, id_of(number));
        let presence = &office.stores.presence;
        let claimed = presence.claim_vacant(id, &office.postman, office.clock.now()).await?;
        let Some(epoch) = claimed else { return Ok(()) };
        let watch = office.stores.mailbox.watch(id, epoch, ALONE).await?;
        let bell = office.stores.queue.watch(&events_of(number)).await?;
        let lost_docks = self.lost_docks.clone();
        let shard = Shard::new(number, epoch, office.clone(), self.outlet.clone(), lost_docks);
        let shard = Arc::new(shard);
        self.held.lock().insert(number, shard.clone());
        tokio::spawn(self.clone().serve(shard, watch, bell));
        Ok(())
    }

    async fn serve(self: Arc<Self>, shard: Arc<Shard>, watch: Watch, bell: QueueWatch) {
        attend(&shard, watch, bell).await;
        let number = shard.number;
        self.release(&shard);
        if let Err(error) = shard.leave().await {
            tracing::debug!(number, %error, "a shard was not given back");
        }
        shard.gone.cancel();
    }

    fn release(&self, shard: &Arc<Shard>) {
        let mut held = self.held.lock();
        if held.get(&shard.number).is_some_and(|other| Arc::ptr_eq(other, shard)) {
            held.remove(&shard.number);
        }
    }

    /// Lets go of all shards but so many.
    fn let_go_beyond(&self, most: usize) -> Vec<Arc<Shard>> {
        let surplus: Vec<_> = self.shards().into_iter().skip(most).collect();
        surplus.iter().for_each(|shard| shard.surplus.cancel());
        surplus
    }
}

/// Serves a shard until it is to be let go, or is somebody else's.
async fn attend(shard: &Arc<Shard>, mut watch: Watch, mut bell: QueueWatch) {
    let serving = async {
        shard.take_over().await;
        loop {
            let wait = shard.fetch(IDLE).await;
            tokio::select! {
                () = bell.next() => {}
                () = sleep(wait) => {}
            }
        }
    };
    let guarding = async {
        loop {
            tokio::select! { biased;
                () = until_displaced(&mut watch) => break,
                () = sleep(IDLE) => if !shard.is_ours().await { break },
            }
        }
    };
    tokio::select! {
        () = shard.surplus.cancelled() => shard.give().await,
        () = guarding => shard.lose().await,
        () = serving => {}
    }
}

async fn until_displaced(watch: &mut Watch) {
    while watch.next().await != Notice::Displaced {}
}

/// The least and the most that one of so many instances should serve.
fn share(present: usize) -> (usize, usize) {
    let shards = usize::from(SHARDS);
    (shards / present, shards.div_ceil(present))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_everything() {
        assert_eq!(share(1), (64, 64));
        assert_eq!(share(3), (21, 22));
        assert_eq!(share(100), (0, 1));
    }
}
