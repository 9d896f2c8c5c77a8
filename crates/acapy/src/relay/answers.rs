use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use store_redis::{Redis, Script};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::tally::{Count, Tally};
use crate::wire::{Answer, Names};

static TAKE: LazyLock<Script> =
    LazyLock::new(|| Script::new("take_answers", include_str!("scripts/take_answers.lua")));
static DROP: LazyLock<Script> =
    LazyLock::new(|| Script::new("drop_answers", include_str!("scripts/drop_answers.lua")));

/// How often the lists are looked through while somebody waits, and while nobody does.
const WAITED_FOR: Duration = Duration::from_millis(20);
const AT_REST: Duration = Duration::from_secs(5);

/// Entries of a list that are looked at.
const WINDOW: usize = 1_000;

/// An answer that nobody took for so long has nobody who waits for it.
const STALE: Duration = Duration::from_secs(60);

/// Answers that may wait for a peer that does not read.
const ROOM: usize = 64;

/// Who waits for the answers of agents.
///
/// All relays share the lists of answers. The `txn_id` says whose an answer is, and each relay takes only its own out, so that nothing is
/// popped by a relay that cannot use it.
pub(crate) struct Answers {
    relay: String,
    next: AtomicU64,
    waiting: Mutex<HashMap<String, mpsc::Sender<Bytes>>>,
    arrived: Notify,
    tally: Arc<Tally>,
}

/// One who waits; no longer when it is dropped.
pub(crate) struct Expectation {
    answers: Arc<Answers>,
    txn_id: String,
    envelopes: mpsc::Receiver<Bytes>,
}

impl Answers {
    /// `relay` is random.
    pub fn new(relay: u64, tally: Arc<Tally>) -> Self {
        let relay = format!("{:08x}-{:04x}", relay >> 32, relay & 0xffff);
        let (next, waiting, arrived) = (AtomicU64::new(0), Mutex::default(), Notify::new());
        Self { relay, next, waiting, arrived, tally }
    }

    /// Begins to wait. The id looks like a UUID of version 4, which is what plug-ins are used to.
    pub fn expect(self: &Arc<Self>) -> Expectation {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let txn_id = format!("{}-4000-8000-{:012x}", self.relay, number & 0xffff_ffff_ffff);
        let (sender, envelopes) = mpsc::channel(ROOM);
        self.waiting.lock().insert(txn_id.clone(), sender);
        self.arrived.notify_one();
        Expectation { answers: self.clone(), txn_id, envelopes }
    }

    /// Collects answers until `stop`.
    pub async fn collect(&self, redis: &Redis, names: &Names, stop: &CancellationToken) {
        let mut strays = HashMap::new();
        while !stop.is_cancelled() {
            for list in names.answers() {
                if let Err(error) = self.look_through(redis, &list, &mut strays).await {
                    tracing::debug!(%error, "answers cannot be collected");
                }
            }
            let rest = if self.waiting.lock().is_empty() { AT_REST } else { WAITED_FOR };
            let woken = async { drop(timeout(rest, self.arrived.notified()).await) };
            let _ = stop.run_until_cancelled(woken).await;
            // Nobody is answered sooner than that; without it, many who come would be many looks.
            sleep(WAITED_FOR / 4).await;
        }
    }

    async fn look_through(
        &self,
        redis: &Redis,
        list: &String,
        strays: &mut HashMap<String, Instant>,
    ) -> store::Result<()> {
        let call = TAKE.on(&[list]).arg(&self.relay).arg(WINDOW);
        let (mine, others): (Vec<Vec<u8>>, Vec<String>) = redis.call(call).await?;
        mine.iter().for_each(|entry| self.hand_over(entry));
        let now = Instant::now();
        let is_stale = |hash: &String| *strays.entry(hash.clone()).or_insert(now) + STALE < now;
        let stale: Vec<_> = others.into_iter().filter(is_stale).collect();
        strays.retain(|_, since| *since + STALE * 2 > now);
        if stale.is_empty() {
            return Ok(());
        }
        tracing::warn!(count = stale.len(), "answers that nobody waits for are removed");
        redis.call(DROP.on(&[list]).arg(WINDOW).arg(stale)).await
    }

    /// An answer for somebody who does not take the ones before it, or has gone, is lost. Whoever missed one is to hear no later ones.
    fn hand_over(&self, entry: &[u8]) {
        let Ok(answer) = Answer::from_bytes(entry) else { return };
        let mut waiting = self.waiting.lock();
        let sender = waiting.get(&answer.txn_id);
        let taken = sender.map(|sender| sender.try_send(answer.response_data.response));
        if !matches!(taken, Some(Ok(()))) {
            waiting.remove(&answer.txn_id);
            self.tally.add(Count::AnswersLost);
        }
    }
}

impl Expectation {
    /// What the message is to carry.
    pub fn txn_id(&self) -> String {
        self.txn_id.clone()
    }

    /// The next answer; none after one was lost. A call that is dropped loses nothing.
    pub async fn next(&mut self) -> Option<Bytes> {
        self.envelopes.recv().await
    }
}

impl Drop for Expectation {
    fn drop(&mut self) {
        self.answers.waiting.lock().remove(&self.txn_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::AnswerData;

    fn answer(txn_id: &str, response: String) -> Vec<u8> {
        let response_data = AnswerData { content_type: None, response: response.into() };
        Answer { txn_id: txn_id.to_owned(), response_data }.to_bytes()
    }

    #[tokio::test]
    async fn who_missed_an_answer_hears_those_before_it_and_no_later_ones() {
        let tally = Arc::new(Tally::default());
        let answers = Arc::new(Answers::new(1, tally.clone()));
        let mut expectation = answers.expect();
        let txn_id = expectation.txn_id();
        for number in 0..=ROOM {
            answers.hand_over(&answer(&txn_id, number.to_string()));
        }
        for number in 0..ROOM {
            assert_eq!(expectation.next().await, Some(number.to_string().into()));
        }
        answers.hand_over(&answer(&txn_id, "later".to_owned()));
        assert_eq!(expectation.next().await, None);
        assert_eq!(tally.get(Count::AnswersLost), 2);
    }
}
