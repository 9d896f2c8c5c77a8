//! Takes what agents send out of Redis and brings it to where it goes.
//!
//! Entries of the outbound list are moved into lanes (`lanes`), one for each endpoint, all in the slot of the list. A lane is leased, not popped:
//! a deliverer that dies loses nothing, and another one goes on with its lanes after four seconds. Lanes are independent of each
//! other, and within one a message waits for those before it: one that failed stays at the head and is tried again after
//! [`Schedule`]; after the last try, or if it never can arrive, it is a dead letter ([`DeadLetters`]).
//!
//! Beside messages, a deliverer can execute calls of the admin API ([`AdminApi`]) and push webhooks to controllers ([`Controller`]).

mod admin;
mod adoption;
mod dead_letters;
mod foreman;
mod lanes;
mod lease;
mod outbound;
mod schedule;
mod tally;
mod trade;
mod webhooks;

use std::sync::Arc;

use store_redis::Redis;
use tokio_util::sync::CancellationToken;
use transport::HttpWsCarrier;

pub use admin::AdminApi;
pub use dead_letters::DeadLetters;
pub use lanes::Letter;
pub use schedule::Schedule;
pub use tally::Tally;
pub use webhooks::Controller;

use self::admin::Admin;
use self::foreman::Foreman;
use self::lanes::{Lanes, Limits, Source};
use self::outbound::Outbound;
use self::webhooks::Pusher;
use crate::streams;
use crate::wire::Names;

/// How to deliver.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names the keys.
    pub names: Names,
    /// Names this process, unlike any other.
    pub instance: String,
    /// When what failed is tried again.
    pub schedule: Schedule,
    /// Endpoints that are delivered to at the same time.
    pub parallel: usize,
    /// Bytes of one entry; larger ones are dead letters.
    pub entry_bytes: usize,
    /// Messages that may wait for one endpoint; further ones are dead letters.
    pub endpoint_entries: usize,
    /// Dead letters that are kept; the oldest go first.
    pub dead_letters: usize,
    /// The admin API, if its calls are executed here.
    pub admin: Option<AdminApi>,
    /// Controllers that webhooks are pushed to.
    pub controllers: Vec<Controller>,
}

/// What is kept unless it is said otherwise.
const LIMITS: Limits =
    Limits { entry_bytes: 8 << 20, lane_entries: 100_000, dead_letters: 100_000 };

impl Options {
    /// The defaults.
    #[must_use]
    pub fn new(names: Names, instance: impl Into<String>) -> Self {
        Self {
            names,
            instance: instance.into(),
            schedule: Schedule::default(),
            parallel: 256,
            entry_bytes: LIMITS.entry_bytes,
            endpoint_entries: LIMITS.lane_entries,
            dead_letters: LIMITS.dead_letters,
            admin: None,
            controllers: Vec::new(),
        }
    }
}

/// The ways out.
#[derive(Debug, Clone)]
pub struct Carriers {
    /// To endpoints, which strangers name.
    pub endpoints: Arc<HttpWsCarrier>,
    /// To the admin API and to controllers, which the operator names.
    pub own: Arc<HttpWsCarrier>,
}

/// See the module.
#[derive(Debug)]
pub struct Deliverer {
    redis: Redis,
    carriers: Carriers,
    options: Options,
    tally: Arc<Tally>,
}

impl Deliverer {
    /// A deliverer that does nothing yet.
    #[must_use]
    pub fn new(redis: Redis, carriers: Carriers, options: Options) -> Self {
        Self { redis, carriers, options, tally: Arc::default() }
    }

    /// What has happened so far.
    #[must_use]
    pub fn tally(&self) -> Arc<Tally> {
        self.tally.clone()
    }

    /// Delivers until `stop` fires, and then until what is in hand has come to an end. Goes on trying while Redis is away.
    pub async fn run(&self, stop: CancellationToken) {
        tokio::join!(
            self.messages(&stop),
            adoption::adopt(
                self.redis.clone(),
                self.options.names.clone(),
                self.options.instance.clone(),
                &self.tally,
                stop.clone()
            ),
            self.admin_calls(&stop),
            self.webhooks(&stop),
        );
    }

    async fn messages(&self, stop: &CancellationToken) {
        let names = &self.options.names;
        let trade = Outbound {
            carriers: self.carriers.clone(),
            controllers: self.options.controllers.clone(),
            schedule: self.options.schedule,
            tally: self.tally.clone(),
        };
        let lanes = Lanes::new(self.redis.clone(), &names.outbound(), source(names), self.limits());
        self.foreman(lanes, trade, stop).run().await;
    }

    async fn admin_calls(&self, stop: &CancellationToken) {
        let Some(api) = self.options.admin.clone() else { return };
        let (names, redis) = (self.options.names.clone(), self.redis.clone());
        let name = names.admin_calls();
        let source = Source {
            list: Names::beside(&name, "list"),
            stream: name.clone(),
            field: streams::ADMIN_CALL,
        };
        let lanes = Lanes::new(redis.clone(), &name, source, self.limits());
        let (carrier, tally) = (self.carriers.own.clone(), self.tally.clone());
        let trade = Admin { api, carrier, names, redis, tally };
        self.foreman(lanes, trade, stop).run().await;
    }

    async fn webhooks(&self, stop: &CancellationToken) {
        let controllers = self.options.controllers.clone();
        if controllers.is_empty() {
            return;
        }
        let (redis, names) = (self.redis.clone(), self.options.names.clone());
        let instance = self.options.instance.clone();
        Pusher { redis, names, controllers, instance }.run(&self.tally, stop.clone()).await;
    }

    fn foreman<T: trade::Trade>(
        &self,
        lanes: Lanes,
        trade: T,
        stop: &CancellationToken,
    ) -> Arc<Foreman<T>> {
        let who = (self.options.instance.as_str(), self.options.parallel);
        Foreman::new(lanes, trade, who, self.tally.clone(), stop.clone())
    }

    fn limits(&self) -> Limits {
        Limits {
            entry_bytes: self.options.entry_bytes,
            lane_entries: self.options.endpoint_entries,
            dead_letters: self.options.dead_letters,
        }
    }
}

/// Where agents push: the plug-in to the list, others to the stream if they like.
fn source(names: &Names) -> Source {
    let list = names.outbound();
    Source { stream: Names::beside(&list, "stream"), list, field: streams::OUTBOUND }
}
