//! Hears what others say.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use redis::RedisResult;
use store::{Result, StoreError, Timestamp};
use tokio::time::{Instant, sleep};

use super::link::Link;
use super::news::{Entries, News, Place, generations};
use super::{Bus, LOG, MANY, TRUST};
use crate::errors::store_error;
use crate::script::script;

script!(BEAT, "allow_oom.lua", "bus_beat.lua");
script!(HEARD, "allow_oom.lua", "bus_heard.lua");

/// How often this process shows life.
const PULSE: Duration = Duration::from_millis(500);
/// How long it waits for entries at once.
const WAIT: Duration = Duration::from_millis(400);
const RETRY: Duration = Duration::from_millis(150);
/// For how many milliseconds a process that shows no life is remembered.
const MEMORY: u64 = 60_000;

/// Up to where the streams have been read.
#[derive(Default)]
struct Read {
    log: Place,
    wakes: Place,
    heard: Place,
}

/// What a sign of life brought.
struct Beat {
    /// Before it was asked for.
    sent: Timestamp,
    at: Instant,
    log: Place,
    wakes: Place,
    /// The engine did not know this process, or not any more.
    is_new: bool,
}

pub(crate) struct Listener {
    bus: Arc<Bus>,
    known: BTreeSet<(String, u16)>,
    read: Option<Read>,
}

impl Listener {
    /// A listener that hears all that is said from now on, however much later it [runs](Listener::run).
    pub async fn new(bus: Arc<Bus>) -> Self {
        let mut listener = Self { bus, known: BTreeSet::new(), read: None };
        if let Err(error) = listener.beat().await {
            tracing::debug!(%error, "what is said before the next attempt is not heard");
        }
        listener
    }

    /// Goes on until it is aborted.
    pub async fn run(mut self) {
        loop {
            if let Err(error) = self.listen().await {
                tracing::debug!(%error, "cannot hear of evictions; trying again");
            }
            // Rings may have been lost with the connection.
            self.bus.bells.ring_all();
            sleep(RETRY).await;
        }
    }

    /// Listens on one connection for as long as it serves.
    async fn listen(&mut self) -> Result<()> {
        let link = Link::open(&self.bus.engine, &mut self.known).await;
        let mut link = link.map_err(|error| store_error(&error))?;
        loop {
            let beat = self.beat().await?;
            let mut wait = Duration::ZERO;
            while beat.at.elapsed() < PULSE {
                let entries = self.next(&mut link, wait).await;
                let entries = entries.map_err(|error| store_error(&error))?;
                let has_read = self.apply(entries).await?;
                self.rely_on(&beat, has_read)?;
                wait = WAIT;
            }
        }
    }

    /// Shows life, and learns how far the streams go.
    async fn beat(&mut self) -> Result<Beat> {
        let (bus, sent, at) = (&self.bus, self.bus.clock.now(), Instant::now());
        let call = BEAT.on(&["readers", "spaces", "log", "wakes"].map(|what| bus.key(what)));
        let (log, wakes, spaces, is_new): (String, String, Vec<Vec<u8>>, bool) =
            bus.engine.call(call.arg(&bus.me).arg(MEMORY)).await?;
        let (log, wakes) = (Place::read(&log)?, Place::read(&wakes)?);
        let beat = Beat { sent, at, log, wakes, is_new };
        *bus.generations.write() = generations(&spaces);
        self.begin_at(&beat);
        Ok(beat)
    }

    /// The first time, and when the streams have lost what was read, begins at their ends. An engine that has forgotten this process has
    /// lost more than that.
    fn begin_at(&mut self, beat: &Beat) {
        let has_forgotten_us = beat.is_new && self.read.is_some();
        let read = self.read.get_or_insert_with(|| Read {
            log: beat.log,
            wakes: beat.wakes,
            heard: Place::default(),
        });
        if beat.log < read.log || has_forgotten_us {
            self.bus.local.distrust();
            read.log = beat.log;
        }
        if beat.wakes < read.wakes || has_forgotten_us {
            read.wakes = beat.wakes;
            self.bus.bells.ring_all();
        }
    }

    async fn next(&self, link: &mut Link, wait: Duration) -> RedisResult<Entries> {
        let bus = &self.bus;
        let [log, wakes, heard] = [bus.key("log"), bus.key("wakes"), heard_by(bus, &bus.me)];
        let read = self.read.as_ref();
        let place = |of: fn(&Read) -> Place| read.map(of).unwrap_or_default().text();
        let streams = [
            (&log[..], place(|read| read.log)),
            (&wakes[..], place(|read| read.wakes)),
            (&heard[..], place(|read| read.heard)),
        ];
        link.read(streams, wait).await
    }

    /// Does what the entries say, and answers those who wait for that. Says whether the log had any.
    async fn apply(&mut self, entries: Entries) -> Result<bool> {
        let log = self.bus.key("log");
        let wakes = self.bus.key("wakes");
        let mut waiting = BTreeSet::new();
        for (stream, entries) in entries {
            for (place, fields) in entries {
                let (place, news) = (Place::read(&place)?, News::read(&fields));
                let read = self.read.get_or_insert_default();
                if stream == log {
                    read.log = place;
                    self.forget(&news);
                    waiting.insert(news.from);
                } else if stream == wakes {
                    read.wakes = place;
                    news.queue.iter().for_each(|queue| self.bus.bells.ring(queue));
                } else {
                    read.heard = place;
                    if let (Some(who), Some(up_to)) = (news.who, news.up_to) {
                        self.note(who, up_to);
                    }
                }
            }
        }
        let has_read = !waiting.is_empty();
        self.answer(waiting).await?;
        Ok(has_read)
    }

    fn forget(&self, news: &News) {
        self.bus.local.evict(&news.keys);
        if let Some(space) = &news.space {
            let mut generations = self.bus.generations.write();
            let generation = generations.entry(space.clone().into_bytes()).or_default();
            *generation = news.generation.max(*generation);
            drop(generations);
            self.bus.local.clear(space);
        }
    }

    fn note(&self, who: String, up_to: Place) {
        self.bus.heard.send_modify(|heard| {
            if heard.len() > MANY {
                heard.clear();
            }
            let place = heard.entry(who).or_default();
            *place = up_to.max(*place);
        });
    }

    async fn answer(&self, mut waiting: BTreeSet<String>) -> Result<()> {
        let (bus, place) = (&self.bus, self.read.as_ref().map(|read| read.log).unwrap_or_default());
        if waiting.remove(&bus.me) {
            self.note(bus.me.clone(), place);
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let streams: Vec<_> = waiting.iter().map(|process| heard_by(bus, process)).collect();
        let call = HEARD.on(&streams).arg(&bus.me).arg(place.text()).arg(LOG).arg(MEMORY);
        bus.engine.call(call).await
    }

    /// Trusts what is remembered here, if everything was heard that had been said at the time of the beat.
    fn rely_on(&self, beat: &Beat, has_read: bool) -> Result<()> {
        let is_current = self.read.as_ref().is_some_and(|read| read.log >= beat.log);
        if is_current {
            self.bus.local.trust(beat.sent + TRUST);
        } else if !has_read {
            let why = "the server that is read is behind".to_owned();
            return Err(StoreError::Unavailable(why));
        }
        Ok(())
    }
}

fn heard_by(bus: &Bus, process: &str) -> Vec<u8> {
    bus.key(&format!("heard:{process}"))
}
