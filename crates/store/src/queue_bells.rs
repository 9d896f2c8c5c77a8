//! How consumers of a queue hear that there is work, inside one process.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use crate::QueueName;

#[derive(Default)]
struct Bell {
    rung: AtomicBool,
    waker: AtomicWaker,
}

/// A consumer's end of the bell. Rings that come while nobody listens are kept, several as one.
pub struct QueueWatch {
    bell: Arc<Bell>,
    bells: QueueBells,
    queue: QueueName,
}

impl QueueWatch {
    /// Waits until there may be work.
    pub async fn next(&mut self) {
        poll_fn(|cx| self.poll_next(cx)).await;
    }

    /// [`QueueWatch::next`] for those who wait for several things.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.bell.waker.register(cx.waker());
        if self.try_next() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether it has rung since the last time it was asked.
    pub fn try_next(&mut self) -> bool {
        self.bell.rung.swap(false, Ordering::AcqRel)
    }
}

impl Drop for QueueWatch {
    fn drop(&mut self) {
        self.bells.leave(&self.queue, &self.bell);
    }
}

/// The bells of one process. Cheap to clone; clones share their bells.
#[derive(Clone, Default)]
pub struct QueueBells {
    queues: Arc<Mutex<HashMap<QueueName, Vec<Arc<Bell>>>>>,
}

impl QueueBells {
    /// Another bell for this queue.
    pub fn watch(&self, queue: &QueueName) -> QueueWatch {
        let bell = Arc::<Bell>::default();
        self.queues.lock().entry(queue.clone()).or_default().push(bell.clone());
        QueueWatch { bell, bells: self.clone(), queue: queue.clone() }
    }

    /// Rings all bells of this queue.
    pub fn ring(&self, queue: &QueueName) {
        if let Some(bells) = self.queues.lock().get(queue) {
            bells.iter().for_each(|bell| ring(bell));
        }
    }

    /// Rings everywhere: for an engine that may have missed something.
    pub fn ring_all(&self) {
        self.queues.lock().values().flatten().for_each(|bell| ring(bell));
    }

    /// The queues that somebody watches.
    pub fn watched(&self) -> Vec<QueueName> {
        self.queues.lock().keys().cloned().collect()
    }

    fn leave(&self, queue: &QueueName, bell: &Arc<Bell>) {
        let mut queues = self.queues.lock();
        let Some(bells) = queues.get_mut(queue) else { return };
        bells.retain(|other| !Arc::ptr_eq(other, bell));
        if bells.is_empty() {
            queues.remove(queue);
        }
    }
}

fn ring(bell: &Bell) {
    bell.rung.store(true, Ordering::Release);
    bell.waker.wake();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(name: &str) -> QueueName {
        name.parse().unwrap()
    }

    #[test]
    fn every_watch_of_a_queue_hears_and_others_do_not() {
        let bells = QueueBells::default();
        let [mut one, mut two] = [bells.watch(&queue("a")), bells.watch(&queue("a"))];
        let mut other = bells.watch(&queue("b"));
        bells.ring(&queue("a"));
        bells.ring(&queue("a"));
        assert!(one.try_next() && two.try_next());
        assert!(!one.try_next() && !other.try_next());
        bells.ring_all();
        assert!(one.try_next() && other.try_next());
    }

    #[test]
    fn a_watch_that_is_dropped_leaves_nothing_behind() {
        let bells = QueueBells::default();
        let [one, two] = [bells.watch(&queue("a")), bells.watch(&queue("a"))];
        drop(one);
        assert_eq!(bells.watched(), [queue("a")]);
        drop(two);
        assert!(bells.watched().is_empty());
    }
}
