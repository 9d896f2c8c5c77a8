//! redb alone: one table.

use std::path::Path;

use redb::{ReadableDatabase, TableDefinition};

use crate::engine::{Engine, Id, key, place_of};

const MAIL: TableDefinition<[u8; 24], &[u8]> = TableDefinition::new("mail");

pub struct Redb(redb::Database);

impl Redb {
    pub fn open(dir: &Path) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let db =
            redb::Builder::new().set_cache_size(8 << 20).create(dir.join("mail.redb")).unwrap();
        let transaction = db.begin_write().unwrap();
        transaction.open_table(MAIL).unwrap();
        transaction.commit().unwrap();
        Self(db)
    }
}

impl Engine for Redb {
    fn commit(&mut self, next: u64, appends: Vec<(u64, Vec<u8>)>, removals: &[Id]) {
        let transaction = self.0.begin_write().unwrap();
        {
            let mut table = transaction.open_table(MAIL).unwrap();
            for (place, (mailbox, value)) in (u128::from(next)..).zip(appends) {
                table.insert(key(mailbox, place), value.as_slice()).unwrap();
            }
            for id in removals {
                table.remove(key(id.mailbox, id.place)).unwrap();
            }
        }
        transaction.commit().unwrap();
    }

    fn head(&self, mailbox: u64, place: u128, count: usize) -> Vec<Id> {
        let transaction = self.0.begin_read().unwrap();
        let table = transaction.open_table(MAIL).unwrap();
        let range = table.range(key(mailbox, place)..=key(mailbox, u128::MAX)).unwrap();
        let read =
            |row: Result<(redb::AccessGuard<'_, [u8; 24]>, redb::AccessGuard<'_, &[u8]>), _>| {
                let (key, value) = row.unwrap();
                std::hint::black_box(value.value().to_vec());
                Id { mailbox, place: place_of(&key.value()) }
            };
        range.take(count).map(read).collect()
    }
}
