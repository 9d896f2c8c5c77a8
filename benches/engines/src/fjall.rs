//! fjall: one keyspace, values inside the tree or beside it.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode};

use crate::engine::{Engine, Id, key, place_of};

pub struct Fjall {
    db: Database,
    mail: Keyspace,
}

impl Fjall {
    pub fn open(dir: &Path, is_separated: bool) -> Self {
        let builder = Database::builder(dir).cache_size(4 << 20).max_journaling_size(64 << 20);
        let db = builder.worker_threads(1).manual_journal_persist(true).open().unwrap();
        let options = || {
            let options = KeyspaceCreateOptions::default().max_memtable_size(8 << 20);
            options.with_kv_separation(is_separated.then(KvSeparationOptions::default))
        };
        let mail = db.keyspace("mail", options).unwrap();
        Self { db, mail }
    }
}

impl Engine for Fjall {
    fn commit(&mut self, next: u64, appends: Vec<(u64, Vec<u8>)>, removals: &[Id]) {
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncData));
        for (place, (mailbox, value)) in (u128::from(next)..).zip(appends) {
            batch.insert(&self.mail, key(mailbox, place), value);
        }
        for id in removals {
            batch.remove_weak(&self.mail, key(id.mailbox, id.place));
        }
        batch.commit().unwrap();
    }

    fn head(&self, mailbox: u64, place: u128, count: usize) -> Vec<Id> {
        let range = self.mail.range(key(mailbox, place)..=key(mailbox, u128::MAX));
        let read = |guard: fjall::Guard| {
            let (key, value) = guard.into_inner().unwrap();
            std::hint::black_box(value.to_vec());
            Id { mailbox, place: place_of(&key) }
        };
        range.take(count).map(read).collect()
    }
}
