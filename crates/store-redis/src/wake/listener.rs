//! Keeps the subscriptions up.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use redis::RedisResult;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;

use super::link::Link;
use super::topology::{Node, places};
use crate::names::PARTITIONS;
use crate::shared::Shared;

/// How often a connection has to show that it lives.
const PULSE: Duration = Duration::from_secs(1);
/// How soon what is missing is tried again.
const RETRY: Duration = Duration::from_millis(150);
/// After how many pulses it is looked whether the primaries are still the same.
const REVIEW: u32 = 5;

/// Subscribes this process to its channels, wherever they are, again and again.
///
/// redis-rs can subscribe anew by itself, but does not follow a subscription to the primary that takes over, so that
/// every connection is made, watched and dropped here.
pub(crate) struct Listener {
    shared: Arc<Shared>,
    links: HashMap<Node, Link>,
    /// Where each partition is heard; `None` where it is not.
    heard: Vec<Option<Node>>,
    /// Partitions in which wakes may have been missed.
    missed: BTreeSet<usize>,
    known: BTreeSet<Node>,
    troubles: UnboundedReceiver<u64>,
    trouble: UnboundedSender<u64>,
    opened: u64,
    pulses: u32,
}

impl Listener {
    pub fn new(shared: Arc<Shared>) -> Self {
        let (trouble, troubles) = unbounded_channel();
        let known = shared.engine.seeds().iter().cloned().collect();
        Self {
            shared,
            links: HashMap::new(),
            heard: vec![None; PARTITIONS],
            missed: BTreeSet::new(),
            known,
            troubles,
            trouble,
            opened: 0,
            pulses: 0,
        }
    }

    /// Goes on until it is aborted.
    pub async fn run(mut self) {
        loop {
            let is_well = self.is_whole() && self.missed.is_empty();
            tokio::select! {
                Some(number) = self.troubles.recv() => self.hang_up(|link| link.number == number),
                () = sleep(if is_well { PULSE } else { RETRY }) => self.feel_pulses().await,
            }
            if !self.is_whole()
                && let Err(error) = self.cover().await
            {
                tracing::debug!(%error, "cannot listen for wakes; trying again");
            }
            self.catch_up().await;
        }
    }

    /// Whether every partition is heard.
    pub fn is_whole(&self) -> bool {
        self.heard.iter().all(Option::is_some)
    }

    /// Subscribes to what is not heard, as far as that goes now.
    ///
    /// # Errors
    /// The last one, if not everything is heard now.
    pub async fn cover(&mut self) -> RedisResult<()> {
        let places = self.places().await?;
        let mut result = Ok(());
        let nodes: BTreeSet<Node> = places.iter().flatten().cloned().collect();
        for node in nodes {
            let is_wanted = |number: &usize| {
                self.heard[*number].is_none() && places[*number].as_ref() == Some(&node)
            };
            let wanted: Vec<usize> = (0..PARTITIONS).filter(is_wanted).collect();
            if let Err(error) = self.listen(&node, &wanted).await {
                self.hang_up_on(&node);
                result = Err(error);
            }
        }
        result
    }

    async fn listen(&mut self, node: &Node, wanted: &[usize]) -> RedisResult<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        if !self.links.contains_key(node) {
            self.opened += 1;
            let link = Link::open(&self.shared, node, self.opened, self.trouble.clone()).await?;
            self.links.insert(node.clone(), link);
        }
        let Some(link) = self.links.get_mut(node) else { return Ok(()) };
        let names = self.shared.engine.names();
        let channel = |number: &usize| {
            [&names.of_partition(*number, "wake:")[..], self.shared.channel.as_bytes()].concat()
        };
        let channels: Vec<_> = wanted.iter().map(channel).collect();
        let done = link.subscribe(&channels).await?;
        for (number, _) in wanted.iter().zip(done).filter(|(_, is_done)| *is_done) {
            self.heard[*number] = Some(node.clone());
            self.missed.insert(*number);
        }
        Ok(())
    }

    /// The primary of each partition.
    async fn places(&mut self) -> RedisResult<Vec<Option<Node>>> {
        if !self.shared.engine.is_cluster() {
            return Ok(vec![self.known.first().cloned(); PARTITIONS]);
        }
        let mut failure = None;
        let (links, others): (Vec<Node>, Vec<Node>) =
            self.known.iter().cloned().partition(|node| self.links.contains_key(node));
        for node in links.into_iter().chain(others) {
            match self.ask(&node).await {
                Ok(answer) => {
                    let places = places(&answer, &node, self.shared.engine.names());
                    self.known.extend(places.iter().flatten().cloned());
                    return Ok(places);
                }
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(|| std::io::Error::other("no node is known").into()))
    }

    async fn ask(&mut self, node: &Node) -> RedisResult<redis::Value> {
        if let Some(link) = self.links.get_mut(node) {
            return link.slots().await;
        }
        let (nobody, _) = unbounded_channel();
        Link::open(&self.shared, node, 0, nobody).await?.slots().await
    }

    async fn feel_pulses(&mut self) {
        let mut pulses = Vec::new();
        for (node, link) in &self.links {
            let (node, mut link) = (node.clone(), link.clone());
            pulses.push(async move { (node, link.has_pulse().await) });
        }
        let dead = join_all(pulses).await.into_iter().filter(|(_, is_alive)| !is_alive);
        for (node, _) in dead.collect::<Vec<_>>() {
            self.hang_up_on(&node);
        }
        self.pulses += 1;
        if self.shared.engine.is_cluster() && self.pulses.is_multiple_of(REVIEW) {
            self.review().await;
        }
    }

    /// Forgets subscriptions at servers that are no longer the primary.
    async fn review(&mut self) {
        let Ok(places) = self.places().await else { return };
        let moved = self.heard.iter().zip(&places).filter(|(heard, place)| heard != place);
        let former: BTreeSet<Node> = moved.filter_map(|(heard, _)| heard.clone()).collect();
        former.iter().for_each(|node| self.hang_up_on(node));
    }

    fn hang_up_on(&mut self, node: &Node) {
        let number = self.links.get(node).map(|link| link.number);
        self.hang_up(|link| Some(link.number) == number);
    }

    fn hang_up(&mut self, is_meant: impl Fn(&Link) -> bool) {
        self.links.retain(|_, link| !is_meant(link));
        for heard in &mut self.heard {
            if heard.as_ref().is_some_and(|node| !self.links.contains_key(node)) {
                *heard = None;
            }
        }
    }

    /// Looks where wakes may have been missed.
    async fn catch_up(&mut self) {
        if self.missed.is_empty() {
            return;
        }
        match self.shared.look(&self.missed).await {
            Ok(()) => self.missed.clear(),
            Err(error) => tracing::debug!(%error, "cannot look for mail; trying again"),
        }
    }
}
