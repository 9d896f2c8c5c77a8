//! The store in memory against a model that is too simple to be wrong.

mod model;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use proptest::prelude::*;
use store::conformance::ManualClock;
use store::memory::MemoryStore;
use store::{
    Appended, Clock, Company, Demand, Epoch, Holder, Letter, Mailbox, Manner, Quota, RecipientId,
    StoreError, Timestamp, Watch,
};

use crate::model::{Message, Model};

const ALICE: RecipientId = RecipientId([1; 16]);
const LIFE: Duration = Duration::from_secs(50);
const WINDOW: Duration = Duration::from_secs(20);
const LEASE: Duration = Duration::from_secs(10);
const QUOTA: Quota = Quota { messages: 6, bytes: 40 };

#[derive(Debug, Clone)]
enum Step {
    Append { dedupe: u8, key: u8, length: usize },
    Peek(Demand),
    Lease(Holder, Demand),
    Acknowledge(Vec<usize>),
    Release(Holder, Duration),
    Watch(Epoch, Manner),
    Wait(Duration),
    Expire(usize),
    Depth(Option<u8>),
}

fn key(number: u8) -> Destination {
    Destination::Key(VerKey::from_bytes([number; 32]))
}

fn holders() -> impl Strategy<Value = Holder> {
    prop_oneof![
        (0..3_u64).prop_map(Holder::Request),
        (0..3_u64).prop_map(|epoch| Holder::Session(Epoch(epoch))),
    ]
}

fn demands() -> impl Strategy<Value = Demand> {
    (0..5_usize, 0..30_usize, prop::option::of(0..2_u8), 0..6_usize).prop_map(
        |(messages, bytes, number, window)| Demand {
            messages,
            bytes,
            key: number.map(key),
            window,
        },
    )
}

fn lingers() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(Duration::ZERO), (1..8_u64).prop_map(Duration::from_secs)]
}

fn manners() -> impl Strategy<Value = Manner> {
    let company = prop_oneof![Just(Company::Alone), Just(Company::Shared)];
    (company, lingers()).prop_map(|(company, linger)| Manner { company, linger })
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..8_u8, 0..2_u8, 0..12_usize)
            .prop_map(|(dedupe, key, length)| Step::Append { dedupe, key, length }),
        2 => demands().prop_map(Step::Peek),
        5 => (holders(), demands()).prop_map(|(holder, demand)| Step::Lease(holder, demand)),
        2 => prop::collection::vec(0..12_usize, 0..4).prop_map(Step::Acknowledge),
        1 => (holders(), lingers()).prop_map(|(holder, linger)| Step::Release(holder, linger)),
        2 => (0..3_u64, manners()).prop_map(|(epoch, manner)| Step::Watch(Epoch(epoch), manner)),
        2 => (1..15_u64).prop_map(|seconds| Step::Wait(Duration::from_secs(seconds))),
        1 => (0..3_usize).prop_map(Step::Expire),
        3 => prop::option::of(0..2_u8).prop_map(Step::Depth),
    ]
}

/// The store, the model, and the session that watches.
struct Pair {
    clock: Arc<ManualClock>,
    store: MemoryStore,
    model: Model,
    watches: HashMap<Epoch, Watch>,
}

impl Pair {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
        let store = MemoryStore::seeded(clock.clone(), 1);
        Self { clock, store, model: Model::default(), watches: HashMap::new() }
    }

    async fn step(&mut self, step: Step) {
        self.model.void(self.clock.now());
        match step {
            Step::Append { dedupe, key: number, length } => {
                self.append(dedupe, key(number), length).await
            }
            Step::Peek(demand) => self.peek(&demand).await,
            Step::Lease(holder, demand) => self.lease(holder, &demand).await,
            Step::Acknowledge(which) => self.acknowledge(&which).await,
            Step::Release(holder, linger) => self.release(holder, linger).await,
            Step::Watch(epoch, manner) => self.watch(epoch, manner).await,
            Step::Wait(span) => self.clock.advance(span),
            Step::Expire(limit) => self.expire(limit).await,
            Step::Depth(number) => self.depth(number.map(key).as_ref()).await,
        }
    }

    async fn append(&mut self, dedupe: u8, key: Destination, length: usize) {
        let now = self.clock.now();
        let letter = Letter {
            envelope: Bytes::from(vec![dedupe; length]),
            destination: key.clone(),
            dedupe: [dedupe; 16],
            received: now,
            expires: now + LIFE,
            dedupe_window: WINDOW,
            quota: QUOTA,
        };
        let appended = self.store.append(ALICE, letter).await.expect("the store answers");
        if let Some(refusal) = self.model.refuses(dedupe, length, now) {
            assert_eq!(appended, refusal);
            return;
        }
        let Appended::Stored { position, watched } = appended else { panic!("{appended:?}") };
        assert_eq!(watched, !self.model.readers.is_empty());
        assert!(self.model.given.last().is_none_or(|last| *last < position));
        self.model.given.push(position);
        self.model.remembered.push((dedupe, now + WINDOW));
        self.model.messages.push(Message {
            position,
            key,
            length,
            received: now,
            marks: Vec::new(),
        });
    }

    async fn peek(&self, demand: &Demand) {
        let seen = self.store.peek(ALICE, demand).await.expect("the store answers");
        let seen: Vec<_> = seen.iter().map(|mail| mail.position).collect();
        assert_eq!(seen, self.model.available(demand, None, usize::MAX));
    }

    async fn lease(&mut self, holder: Holder, demand: &Demand) {
        let until = self.clock.now() + LEASE;
        let leased = self.store.lease(ALICE, holder, until, demand).await;
        let positions = |mail: &Vec<store::Mail>| mail.iter().map(|mail| mail.position).collect();
        match holder {
            Holder::Session(epoch) if !self.model.reads(epoch) => {
                assert_eq!(leased, Err(StoreError::Displaced));
            }
            _ => {
                let expected = self.model.lease(holder, until, demand);
                assert_eq!(leased.as_ref().map(positions), Ok(expected));
            }
        }
    }

    async fn acknowledge(&mut self, which: &[usize]) {
        let given = &self.model.given;
        let ids: Vec<_> =
            which.iter().filter_map(|place| given.iter().rev().nth(*place)).copied().collect();
        let removed = self.store.acknowledge(ALICE, &ids, None).await.expect("the store answers");
        let before = self.model.messages.len();
        self.model.messages.retain(|message| !ids.contains(&message.position));
        assert_eq!(removed, before - self.model.messages.len());
    }

    async fn release(&mut self, holder: Holder, linger: Duration) {
        self.store.release(ALICE, holder, linger).await.expect("the store answers");
        self.model.release(holder, self.clock.now() + linger);
    }

    async fn watch(&mut self, epoch: Epoch, manner: Manner) {
        match self.store.watch(ALICE, epoch, manner).await {
            Ok(watch) => {
                assert!(!self.model.refuses_reader(epoch, manner.company));
                self.model.watch(epoch, manner.company, self.clock.now() + manner.linger);
                self.watches.insert(epoch, watch);
            }
            Err(error) => {
                assert_eq!(error, StoreError::Displaced);
                assert!(self.model.refuses_reader(epoch, manner.company));
            }
        }
    }

    async fn expire(&mut self, limit: usize) {
        let now = self.clock.now();
        let removed = self.store.expire(now, limit).await.expect("the store answers");
        let is_old = |message: &Message| message.received + LIFE <= now;
        let old = self.model.messages.iter().filter(|message| is_old(message)).count();
        assert_eq!(removed, old.min(limit));
        // Letters live equally long here, so the oldest are the first of the list.
        self.model.messages.drain(..removed);
    }

    async fn depth(&self, key: Option<&Destination>) {
        assert_eq!(self.store.depth(ALICE, key).await, Ok(self.model.depth(key)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_does_what_the_model_does(steps in prop::collection::vec(steps(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let mut pair = Pair::new();
            for step in steps {
                pair.step(step).await;
            }
            pair.model.void(pair.clock.now());
            pair.depth(None).await;
        });
    }
}
