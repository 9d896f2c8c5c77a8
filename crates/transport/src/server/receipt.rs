//! Mail that rides in a response and that nobody will acknowledge: it is gone when the peer's TCP has it.

use std::net::TcpStream as StdTcpStream;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use mediator::Receipt;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use super::send_queue::{Look, look};
use super::wire::Pulse;
use crate::{Count, Tally};

/// The waits between looks at the send queue; the last one repeats.
const WAITS_MS: [u64; 8] = [1, 2, 5, 10, 20, 50, 100, 200];

/// After the queue is empty: time for the reset that follows the acknowledgement when the program at the other end died with
/// our answer unread.
const AFTERMATH: Duration = Duration::from_millis(200);

/// What a receipt needs to be settled.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    pub(crate) tasks: TaskTracker,
    pub(crate) tally: Arc<Tally>,
    pub(crate) patience: Duration,
}

/// A receipt on its way out. Dropped anywhere short of the kernel, it is lost.
#[derive(Debug)]
pub(crate) struct Parcel {
    receipt: Option<Receipt>,
    counter: Counter,
}

impl Parcel {
    pub(crate) fn new(receipt: Receipt, counter: Counter) -> Self {
        Self { receipt: Some(receipt), counter }
    }

    /// The whole response is in the kernel: follow it from there.
    pub(crate) fn written(self, tcp: &TcpStream, pulse: Arc<Pulse>) {
        // A handle of our own: the connection may be closed, and its descriptor reused, before the peer has it all.
        let Ok(handle) = tcp.as_fd().try_clone_to_owned() else { return };
        let tasks = self.counter.tasks.clone();
        tasks.spawn(self.follow(handle.into(), pulse));
    }

    async fn follow(mut self, tcp: StdTcpStream, pulse: Arc<Pulse>) {
        let arrived = timeout(self.counter.patience, arrival(&tcp, &pulse)).await.unwrap_or(false);
        let Some(receipt) = self.receipt.take() else { return };
        if arrived {
            self.counter.tally.add(Count::ReceiptsTaken);
            receipt.taken().await;
        } else {
            self.counter.tally.add(Count::ReceiptsLost);
            receipt.lost().await;
        }
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        let Some(receipt) = self.receipt.take() else { return };
        self.counter.tally.add(Count::ReceiptsLost);
        if let Ok(runtime) = Handle::try_current() {
            self.counter.tasks.spawn_on(receipt.lost(), &runtime);
        }
    }
}

/// Whether the peer's TCP acknowledged everything, and its program did not die with that unread. Waits as long as it takes.
async fn arrival(tcp: &StdTcpStream, pulse: &Pulse) -> bool {
    let acknowledged = acknowledgement(tcp).await;
    if acknowledged {
        sleep(AFTERMATH).await;
    }
    // A program that ends in good order has read everything: its kernel resets the connection otherwise. What comes after that
    // may be a reset too, when our own farewell finds nobody there.
    pulse.has_ended() || (acknowledged && !pulse.is_broken() && look(tcp) != Look::Broken)
}

async fn acknowledgement(tcp: &StdTcpStream) -> bool {
    let mut waits = WAITS_MS.into_iter();
    let mut wait = WAITS_MS[0];
    loop {
        match look(tcp) {
            Look::Broken => return false,
            Look::Empty => return true,
            Look::Waiting => {
                wait = waits.next().unwrap_or(wait);
                sleep(Duration::from_millis(wait)).await;
            }
        }
    }
}
