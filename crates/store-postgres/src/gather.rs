//! Group commit: acts that are asked for at the same time share a transaction.

use std::sync::Arc;
use std::time::Duration;

use store::{Result, StoreError};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::engine::Engine;

/// How long a caller waits for its turn and the act. A little longer than an act may take, whose answer says more.
const PATIENCE: Duration = Duration::from_millis(2200);

/// So many transactions of one kind are under way at a time: while one waits for the disk, another is worked on.
const LANES: usize = 2;
/// Jobs that wait for a lane; who comes later waits to be one of them.
const WAITING: usize = 4096;

/// Something that can be done together with others of its kind.
pub(crate) trait Job: Send + Sized + 'static {
    /// At most so many are done together,
    const MOST: usize;
    /// and at most about so many bytes.
    const MOST_BYTES: usize = 1 << 20;

    fn bytes(&self) -> usize;

    /// Nobody waits for it any more.
    fn is_abandoned(&self) -> bool;

    /// Does all, and answers each.
    fn perform(engine: &Engine, jobs: Vec<Self>) -> impl Future<Output = ()> + Send;
}

/// Where jobs of one kind are handed in.
pub(crate) struct Gathering<J>(mpsc::Sender<J>);

impl<J: Job> Gathering<J> {
    pub(crate) fn start(engine: &Arc<Engine>, tasks: &mut Vec<JoinHandle<()>>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..LANES {
            tasks.push(tokio::spawn(lane(engine.clone(), receiver.clone())));
        }
        Self(sender)
    }

    /// Hands in the job that `of` makes, and waits for its answer.
    pub(crate) async fn ask<T>(
        &self,
        of: impl FnOnce(oneshot::Sender<Result<T>>) -> J,
    ) -> Result<T> {
        let answer = async {
            let (reply, answer) = oneshot::channel();
            self.0.send(of(reply)).await.map_err(|_| closing())?;
            answer.await.map_err(|_| closing())?
        };
        let answer = timeout(PATIENCE, answer).await;
        answer.map_err(|_| StoreError::Unavailable("PostgreSQL does not keep up".to_owned()))?
    }
}

async fn lane<J: Job>(engine: Arc<Engine>, jobs: Arc<Mutex<mpsc::Receiver<J>>>) {
    while let Some(batch) = gather(&jobs).await {
        let wanted: Vec<_> = batch.into_iter().filter(|job| !job.is_abandoned()).collect();
        if !wanted.is_empty() {
            J::perform(&engine, wanted).await;
        }
    }
}

/// Waits for one job, and takes what else is there.
async fn gather<J: Job>(jobs: &Mutex<mpsc::Receiver<J>>) -> Option<Vec<J>> {
    let mut jobs = jobs.lock().await;
    let first = jobs.recv().await?;
    let mut bytes = first.bytes();
    let mut batch = vec![first];
    while batch.len() < J::MOST
        && bytes < J::MOST_BYTES
        && let Ok(next) = jobs.try_recv()
    {
        bytes += next.bytes();
        batch.push(next);
    }
    Some(batch)
}

fn closing() -> StoreError {
    StoreError::Unavailable("the store is closing".to_owned())
}
