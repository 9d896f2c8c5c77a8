//! `registry.redb`: everything that is not mail, and the thread that writes it.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};
use store::{Result, StoreError};
use tokio::sync::oneshot;

use crate::disk::{Disk, failure, io_failure};
use crate::open::spawn;
use crate::{connections, dead_letters, keylists, queue};

pub(crate) type Outcome<T> = std::result::Result<T, redb::Error>;

/// Single numbers by name.
const NUMBERS: TableDefinition<&str, u64> = TableDefinition::new("numbers");
const LIVES: &str = "lives";
/// Acts that share one commit at most.
const GROUP: usize = 256;

/// Reads from snapshots, writes by group commit like the journal's.
pub(crate) struct Registry {
    disk: Arc<Disk>,
    acts: Option<Sender<Box<dyn Act>>>,
    thread: Option<JoinHandle<()>>,
}

/// Something to write, and somebody who waits for it.
trait Act: Send {
    fn perform(&mut self, transaction: &WriteTransaction) -> Outcome<()>;
    fn answer(self: Box<Self>, result: Result<()>);
}

struct Waiting<T, F> {
    act: Option<F>,
    outcome: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Act for Waiting<T, F>
where
    T: Send,
    F: FnOnce(&WriteTransaction) -> Outcome<T> + Send,
{
    fn perform(&mut self, transaction: &WriteTransaction) -> Outcome<()> {
        if let Some(act) = self.act.take() {
            self.outcome = Some(act(transaction)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, result: Result<()>) {
        let Self { outcome, reply, .. } = *self;
        let answer = result.and_then(|()| outcome.ok_or_else(closing));
        // Who no longer waits has gone away; the act stands all the same.
        let _ = reply.send(answer);
    }
}

impl Registry {
    /// Opens or creates the file and starts its writer.
    pub(crate) fn open(path: &Path, cache_bytes: usize) -> Result<Self> {
        let disk = Arc::new(Disk::open(path, cache_bytes, false).map_err(failure)?);
        let (acts, receiver) = mpsc::channel();
        let writer = disk.clone();
        let thread = spawn("registry writer", move || write(&writer, &receiver))
            .map_err(|error| io_failure(&error))?;
        Ok(Self { disk, acts: Some(acts), thread: Some(thread) })
    }

    /// Creates what is not there, and counts how often the store was opened.
    pub(crate) fn begin_life(&self) -> Result<u64> {
        self.disk.write(|transaction| {
            connections::create(transaction)?;
            keylists::create(transaction)?;
            dead_letters::create(transaction)?;
            queue::create(transaction)?;
            next_number(transaction, LIVES)
        })
    }

    /// Reads from a snapshot.
    pub(crate) fn read<T>(&self, act: impl FnOnce(&ReadTransaction) -> Outcome<T>) -> Result<T> {
        self.disk.read(act)
    }

    /// Writes, durably.
    pub(crate) async fn write<T, F>(&self, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&WriteTransaction) -> Outcome<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let waiting = Box::new(Waiting { act: Some(act), outcome: None, reply });
        let sent = self.acts.as_ref().map(|acts| acts.send(waiting));
        sent.and_then(std::result::Result::ok).ok_or_else(closing)?;
        answer.await.map_err(|_| closing())?
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.acts = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the registry's writer had panicked");
        }
    }
}

fn write(disk: &Disk, acts: &Receiver<Box<dyn Act>>) {
    while let Ok(first) = acts.recv() {
        let mut group = vec![first];
        group.extend(acts.try_iter().take(GROUP - 1));
        let result =
            disk.write(|transaction| group.iter_mut().try_for_each(|act| act.perform(transaction)));
        if let Err(error) = &result {
            tracing::error!(%error, "the registry cannot be written");
        }
        group.into_iter().for_each(|act| act.answer(result.clone()));
    }
}

/// The next number of a row that only grows, from 1 on.
pub(crate) fn next_number(transaction: &WriteTransaction, name: &str) -> Outcome<u64> {
    let mut numbers = transaction.open_table(NUMBERS)?;
    let next = numbers.get(name)?.map_or(1, |last| last.value() + 1);
    numbers.insert(name, next)?;
    Ok(next)
}

/// Reads a row that was written as JSON.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Outcome<T> {
    serde_json::from_slice(bytes).map_err(|error| redb::Error::Corrupted(error.to_string()))
}

/// Writes a row as JSON.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Outcome<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| redb::Error::Corrupted(error.to_string()))
}

fn closing() -> StoreError {
    StoreError::Unavailable("the store is closing".to_owned())
}
