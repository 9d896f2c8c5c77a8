//! An agent with an address.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::site::{Reply, Site};
use crate::{Agent, Heard, History, Parcel};

/// Where the mediator pushes mail: a site that takes it, or does not.
pub struct Endpoint {
    site: Site,
    desk: Arc<Desk>,
}

/// What an endpoint does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// Takes it: 200.
    Yes,
    /// Refuses it for itself: this status.
    No(u16),
    /// Does not answer.
    Never,
}

type Policy = Box<dyn Fn(Option<Parcel>) -> Take + Send + Sync>;

struct Desk {
    policy: Mutex<Policy>,
    agent: Mutex<Option<(Arc<Agent>, History)>>,
    taken: Mutex<Vec<Parcel>>,
}

impl Endpoint {
    /// An endpoint that takes everything.
    ///
    /// # Panics
    /// If no port can be had.
    pub async fn open() -> Self {
        let desk = Arc::new(Desk {
            policy: Mutex::new(Box::new(|_| Take::Yes)),
            agent: Mutex::default(),
            taken: Mutex::default(),
        });
        let (site, judge) = (Site::open().await, desk.clone());
        site.decide(move |_, came| judge.consider(&came.body));
        Self { site, desk }
    }

    /// Whose mail it takes: what is in no parcel is opened as this agent.
    pub fn belongs_to(&self, agent: &Arc<Agent>, history: &History) {
        *self.desk.agent.lock() = Some((agent.clone(), history.clone()));
    }

    /// What agents say as their address.
    pub fn uri(&self) -> String {
        self.site.url("/")
    }

    /// Decides about each message from now on.
    pub fn decide(&self, policy: impl Fn(Option<Parcel>) -> Take + Send + Sync + 'static) {
        *self.desk.policy.lock() = Box::new(policy);
    }

    /// Nobody listens any more; open connections are gone.
    pub fn go_down(&mut self) {
        self.site.go_down();
    }

    /// Listens again on the same port.
    ///
    /// # Panics
    /// If somebody else has taken the port.
    pub async fn come_back(&mut self) {
        self.site.come_back().await;
    }

    /// The mail it has taken, in order.
    pub fn taken(&self) -> Vec<Parcel> {
        self.desk.taken.lock().clone()
    }

    /// Messages that were brought, taken or not.
    pub fn attempts(&self) -> usize {
        self.site.count()
    }

    /// Waits until this holds.
    ///
    /// # Panics
    /// If it never does.
    pub async fn until(&self, holds: impl Fn(&Self) -> bool) {
        self.site.until_it(|_| holds(self)).await;
    }
}

impl Desk {
    fn consider(&self, body: &Bytes) -> Reply {
        let parcel = Parcel::read(body);
        let take = (self.policy.lock())(parcel);
        match take {
            Take::Yes => {
                self.take(parcel);
                200.into()
            }
            Take::No(status) => status.into(),
            Take::Never => Reply::never(),
        }
    }

    fn take(&self, parcel: Option<Parcel>) {
        let Some(parcel) = parcel else { return };
        self.taken.lock().push(parcel);
        if let Some((agent, history)) = &*self.agent.lock() {
            history.arrived(agent.number, history.line(), &Heard::Mail(parcel));
        }
    }
}
