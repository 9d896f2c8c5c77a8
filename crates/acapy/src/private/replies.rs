use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use store_redis::Redis;
use tokio::sync::{Notify, oneshot};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::wire::AdminAnswer;

/// How often the list is looked at while somebody waits.
const EVERY: Duration = Duration::from_millis(20);

/// Answers taken at a time.
const TOGETHER: usize = 100;

/// Who waits for which answer of the admin API.
#[derive(Debug, Default)]
pub(super) struct Replies {
    waiting: Mutex<HashMap<String, oneshot::Sender<AdminAnswer>>>,
    arrived: Notify,
}

/// One who waits; no longer when it is dropped.
pub(super) struct Wait {
    replies: Arc<Replies>,
    id: String,
    answer: oneshot::Receiver<AdminAnswer>,
}

impl Replies {
    /// Begins to wait for the answer to this call.
    pub fn expect(self: &Arc<Self>, id: &str) -> Wait {
        let (sender, answer) = oneshot::channel();
        self.waiting.lock().insert(id.to_owned(), sender);
        self.arrived.notify_one();
        Wait { replies: self.clone(), id: id.to_owned(), answer }
    }

    /// Collects answers from a list until `stop`.
    pub async fn collect(&self, redis: &Redis, list: &String, stop: &CancellationToken) {
        let _ = stop.run_until_cancelled(self.collect_on(redis, list)).await;
    }

    async fn collect_on(&self, redis: &Redis, list: &String) {
        let take = redis::cmd("LPOP").arg(list).arg(TOGETHER).to_owned();
        loop {
            if self.waiting.lock().is_empty() {
                self.arrived.notified().await;
            }
            let answers: store::Result<Option<Vec<Vec<u8>>>> = redis.command(list, &take).await;
            let answers = answers.ok().flatten().unwrap_or_default();
            answers.iter().for_each(|answer| self.hand_over(answer));
            sleep(EVERY).await;
        }
    }

    fn hand_over(&self, answer: &[u8]) {
        let Ok(answer) = AdminAnswer::from_bytes(answer) else { return };
        if let Some(sender) = self.waiting.lock().remove(&answer.id) {
            drop(sender.send(answer));
        }
    }
}

impl Wait {
    /// The answer.
    pub async fn answer(mut self) -> Option<AdminAnswer> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.replies.waiting.lock().remove(&self.id);
    }
}
