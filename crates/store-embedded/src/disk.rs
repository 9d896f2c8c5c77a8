//! One redb file that comes back after a failed write.

use std::io;
use std::path::{Path, PathBuf};

use parking_lot::RwLock;
use redb::{Database, ReadTransaction, ReadableDatabase, WriteTransaction};
use store::StoreError;

/// A redb database. After an I/O error redb refuses everything until it is opened again, which this does.
pub(crate) struct Disk {
    path: PathBuf,
    cache_bytes: usize,
    quick_repair: bool,
    database: RwLock<Option<Database>>,
}

impl Disk {
    /// Opens or creates the file. With `quick_repair` it opens at once after a crash, whatever its size, and commits cost more.
    pub(crate) fn open(
        path: &Path,
        cache_bytes: usize,
        quick_repair: bool,
    ) -> Result<Self, redb::Error> {
        let disk =
            Self { path: path.to_owned(), cache_bytes, quick_repair, database: RwLock::new(None) };
        disk.reopen()?;
        Ok(disk)
    }

    fn create(&self) -> Result<Database, redb::Error> {
        Ok(redb::Builder::new().set_cache_size(self.cache_bytes).create(&self.path)?)
    }

    /// A snapshot.
    pub(crate) fn snapshot(&self) -> store::Result<ReadTransaction> {
        self.with(|database| Ok(database.begin_read()?)).map_err(failure)
    }

    /// Reads from a snapshot.
    pub(crate) fn read<T>(
        &self,
        act: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> store::Result<T> {
        act(&self.snapshot()?).map_err(failure)
    }

    /// Writes, durably. After an error nothing of it has happened.
    pub(crate) fn write<T>(
        &self,
        act: impl FnOnce(&WriteTransaction) -> Result<T, redb::Error>,
    ) -> store::Result<T> {
        let written = self.with(|database| self.transact(database, act));
        if let Err(redb::Error::Io(_) | redb::Error::PreviousIo) = &written {
            let mut database = self.database.write();
            *database = None;
            // If this fails too, whoever comes next tries again.
            *database = self.create().ok();
        }
        written.map_err(failure)
    }

    fn with<T>(
        &self,
        act: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, redb::Error> {
        if self.database.read().is_none() {
            self.reopen()?;
        }
        self.database.read().as_ref().map_or(Err(redb::Error::DatabaseClosed), act)
    }

    fn transact<T>(
        &self,
        database: &Database,
        act: impl FnOnce(&WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, redb::Error> {
        let mut transaction = database.begin_write()?;
        transaction.set_quick_repair(self.quick_repair);
        let outcome = act(&transaction)?;
        transaction.commit()?;
        Ok(outcome)
    }

    fn reopen(&self) -> Result<(), redb::Error> {
        let mut database = self.database.write();
        if database.is_none() {
            *database = Some(self.create()?);
        }
        Ok(())
    }
}

/// A failure of redb in the words of the contract.
pub(crate) fn failure(error: redb::Error) -> StoreError {
    match error {
        redb::Error::Io(error) => io_failure(&error),
        redb::Error::Corrupted(what) => StoreError::Damaged(what),
        other => StoreError::Unavailable(other.to_string()),
    }
}

/// A failure of the disk in the words of the contract.
pub(crate) fn io_failure(error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            StoreError::Full(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}
