//! In front of ACA-Py: takes envelopes over HTTP and WebSocket, and puts them into the lists that the plug-in pops from.

mod addressees;
mod answers;
mod assign;
mod carry;
mod intake;
mod known;
mod office;
mod options;
mod sources;
mod tally;

use std::sync::Arc;

use store::Clock;
use store_redis::Redis;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use self::answers::Answers;
use self::assign::{Assigner, Board, Pace, RedisMaps};
use self::intake::Intake;
use self::known::KnownKeys;
use crate::Health;
use crate::random::random;
use crate::streams::InboundStreams;

pub use known::KeySource;
pub use office::RelayPages;
pub use options::{Answering, RelayOptions};
pub use sources::{KeysInFile, KeysOfAgent};
pub use tally::{Count, Tally};

/// One relay. Any number of them may work on one Redis.
pub struct Relay {
    intake: Intake,
    answers: Arc<Answers>,
}

/// What a relay does beside taking messages; to be run for as long as it takes any.
pub struct Housekeeping {
    relay: Arc<Relay>,
    assigner: Assigner<RedisMaps>,
    arrivals: mpsc::Receiver<String>,
}

impl Relay {
    /// A relay, and the work that has to go on beside it.
    #[must_use]
    pub fn new(
        redis: Redis,
        clock: Arc<dyn Clock>,
        options: RelayOptions,
    ) -> (Arc<Self>, Housekeeping) {
        let (board, arrivals) = Board::new();
        let board = Arc::new(board);
        let maps = RedisMaps::new(redis.clone(), options.names.clone());
        let pace = Pace { every: options.look_every, patience: options.silence };
        let assigner = Assigner::new(maps.clone(), clock, board.clone(), &pace);
        // Mail for keys that are known has the other half for itself.
        let known = options.keys.clone().map(|source| KnownKeys::new(source, options.held / 2));
        let held = Semaphore::new(options.held.min(Semaphore::MAX_PERMITS));
        let tally = Arc::new(Tally::default());
        let streams = options.streams.map(|partitions| {
            InboundStreams::new(
                redis.clone(),
                options.names.clone(),
                partitions,
                options.most_messages,
            )
        });
        let answers = Arc::new(Answers::new(random(), tally.clone()));
        let intake = Intake { redis, maps, board, known, streams, options, tally, held };
        let relay = Arc::new(Self { intake, answers });
        (relay.clone(), Housekeeping { relay, assigner, arrivals })
    }

    /// How many keys are assigned.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.intake.board.keys()
    }

    /// What was counted.
    #[must_use]
    pub fn tally(&self) -> Arc<Tally> {
        self.intake.tally.clone()
    }
}

impl Housekeeping {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let Self { relay, assigner, arrivals } = self;
        let Intake { redis, options, .. } = &relay.intake;
        let collecting = async {
            if options.answers != Answering::Never {
                relay.answers.collect(redis, &options.names, &stop).await;
            }
        };
        let carrying = async {
            if options.carries_over {
                let me = format!("{:016x}", random());
                carry::carry(&relay.intake, &me, &stop).await;
            }
        };
        tokio::join!(assigner.run(arrivals, stop.clone()), collecting, carrying);
    }
}
