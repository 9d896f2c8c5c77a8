use std::collections::BTreeMap;

use parking_lot::RwLock;
use tokio::sync::mpsc;

/// Who has which key, as far as this relay knows: what the maps said last.
#[derive(Debug)]
pub(crate) struct Board {
    owners: RwLock<BTreeMap<String, String>>,
    news: mpsc::Sender<String>,
}

impl Board {
    /// A board on which nothing stands, and the keys that are put on it without an instance.
    pub fn new() -> (Self, mpsc::Receiver<String>) {
        let (news, arrivals) = mpsc::channel(1_024);
        (Self { owners: RwLock::default(), news }, arrivals)
    }

    /// Who has a key, if anybody has.
    pub fn owner(&self, kid: &str) -> Option<String> {
        self.owners.read().get(kid).cloned()
    }

    /// How many keys somebody has.
    pub fn keys(&self) -> usize {
        self.owners.read().len()
    }

    /// The keys that somebody has.
    pub fn kids(&self) -> Vec<String> {
        self.owners.read().keys().cloned().collect()
    }

    /// Says that mail was kept for a key that has no instance. If nobody listens now, the next pass finds it.
    pub fn announce(&self, kid: &str) {
        drop(self.news.try_send(kid.to_owned()));
    }

    pub(super) fn replace(&self, owners: BTreeMap<String, String>) {
        *self.owners.write() = owners;
    }

    pub(super) fn extend(&self, owners: &BTreeMap<String, String>) {
        let owners = owners.iter().map(|(kid, uid)| (kid.clone(), uid.clone()));
        self.owners.write().extend(owners);
    }

    pub(super) fn missing_in(&self, owners: &BTreeMap<String, String>) -> Vec<String> {
        self.owners.read().keys().filter(|kid| !owners.contains_key(*kid)).cloned().collect()
    }
}
