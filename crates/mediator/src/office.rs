//! The mediator as a whole.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use didcomm::Destination;
use store::{Claimant, Clock, Role, Stores};
use tokio::sync::{Notify, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::directory::Directory;
use crate::farewells::Farewells;
use crate::held::Held;
use crate::ids::{MessageIds, random_u64};
use crate::outbound::Deliveries;
use crate::{Carrier, Identity, InvitationText, Settings, Stage, Tally};

/// One mediator: its identity, its stores, and what it knows by heart. Shared by all doors.
pub struct Mediator {
    pub(crate) settings: Settings,
    pub(crate) identity: Arc<Identity>,
    pub(crate) stores: Stores,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) carrier: Arc<dyn Carrier>,
    pub(crate) directory: Directory,
    pub(crate) deliveries: Deliveries,
    pub(crate) tally: Tally,
    pub(crate) ids: MessageIds,
    /// As whom sockets and postmen of this instance claim.
    pub(crate) session: Claimant,
    pub(crate) postman: Claimant,
    pub(crate) standing_id: String,
    /// Rung after every keylist change of this instance, for forwards that came before their key.
    pub(crate) keylists_changed: Notify,
    /// Places for forwards that wait so.
    pub(crate) waiting_for_route: Semaphore,
    /// Forwards in hand.
    pub(crate) held: Held,
    /// What the store has still to hear of sessions that ended.
    pub(crate) farewells: Farewells,
    /// Whether it has to do with docks, and takes events of their sockets out of queues.
    pub(crate) serves_docks: AtomicBool,
    standing: InvitationText,
}

/// How often expired mail is swept.
const EXPIRY_EVERY: Duration = Duration::from_secs(60);

/// How often a process that ends looks whether its sockets have.
const LAST_SOCKETS_POLL: Duration = Duration::from_millis(50);

/// Messages of one sweep step.
const EXPIRY_STEP: usize = 1_000;

/// Dead letters of one sweep step.
const GRAVES_STEP: usize = 100;

impl Mediator {
    /// A mediator over these stores. It does nothing by itself until [`Mediator::run`].
    pub fn new(
        settings: Settings,
        identity: Identity,
        stores: Stores,
        clock: Arc<dyn Clock>,
        carrier: Arc<dyn Carrier>,
    ) -> Arc<Self> {
        let identity = Arc::new(identity);
        let standing_id = identity.standing_invitation_id();
        let instance = format!("{}-{:016x}", settings.instance, random_u64());
        Arc::new(Self {
            directory: Directory::new(
                stores.clone(),
                identity.clone(),
                settings.patience.known_routes,
            ),
            deliveries: Deliveries::new(settings.outbound.parallel),
            tally: Tally::default(),
            ids: MessageIds::new(),
            keylists_changed: Notify::new(),
            waiting_for_route: Semaphore::new(settings.patience.waiting_for_route),
            standing: InvitationText::write(&settings, &identity, &standing_id),
            farewells: Farewells::default(),
            serves_docks: AtomicBool::new(false),
            held: Held::new(&settings.patience),
            session: Claimant { instance: instance.clone(), role: Role::Session },
            postman: Claimant { instance, role: Role::Postman },
            standing_id,
            settings,
            identity,
            stores,
            clock,
            carrier,
        })
    }

    /// What was counted.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How it is set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The invitation that anybody may use any number of times.
    pub fn invitation(&self) -> &InvitationText {
        &self.standing
    }

    /// Does what has to be done without being asked: shows that this instance lives, pushes mail to endpoints, sweeps what has expired.
    /// After `stop` it goes on with the first until the last socket has ended.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let sweeper = async {
            while stop.run_until_cancelled(sleep(EXPIRY_EVERY)).await.is_some() {
                self.sweep().await;
            }
        };
        let work = async {
            tokio::join!(self.clone().deliver_all(stop.clone()), sweeper);
            while self.tally.sockets_open() > 0 {
                sleep(LAST_SOCKETS_POLL).await;
            }
        };
        tokio::select! { biased;
            () = work => {}
            () = self.show_life() => {}
        }
        self.part_at_last().await;
    }

    async fn sweep(&self) {
        self.sweep_mail().await;
        if let Err(error) = self.sweep_dead_letters().await {
            tracing::warn!(%error, "old dead letters could not be swept");
        }
    }

    /// Dead letters are kept as long as mail is. There are few of them.
    async fn sweep_dead_letters(&self) -> store::Result<()> {
        let too_old = self.clock.now() - self.settings.allowance.retention;
        let graves = &self.stores.dead_letters;
        let mut after = None;
        loop {
            let letters = graves.list(after, GRAVES_STEP).await?;
            for letter in letters.iter().filter(|letter| letter.buried < too_old) {
                graves.exhume(letter.mail.position).await?;
            }
            after = letters.last().map(|letter| letter.mail.position);
            if letters.len() < GRAVES_STEP {
                return Ok(());
            }
        }
    }

    async fn sweep_mail(&self) {
        loop {
            match self.stores.mailbox.expire(self.clock.now(), EXPIRY_STEP).await {
                Ok(expired) => {
                    self.tally.stage(Stage::Expired, expired);
                    if expired < EXPIRY_STEP {
                        return;
                    }
                }
                Err(error) => return tracing::warn!(%error, "expired mail could not be swept"),
            }
        }
    }

    /// Whether this destination is one of our own keys, which nobody else may list.
    pub(crate) fn is_own(&self, destination: &Destination) -> bool {
        let own = [self.identity.routing().verkey(), self.identity.invitation().verkey()];
        matches!(destination, Destination::Key(key) if own.contains(key))
    }
}
