//! What is done to a store. Each says how many messages that were.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use store::{
    Appended, Claimant, Demand, Epoch, Holder, Letter, Manner, Quota, RecipientId, Role, Stores,
    Timestamp,
};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::engine::NOW;

const SPAN: Duration = Duration::from_secs(4);
/// Appends go to so many mailboxes.
const MAILBOXES: u64 = 200;

/// So many write for a while, and nobody reads.
pub async fn append(store: &Stores, writers: u64) -> u64 {
    let end = Instant::now() + SPAN;
    side_by_side(writers, |writer| {
        let store = store.clone();
        async move {
            let mut done = 0;
            while Instant::now() < end {
                post(&store, owner((writer + done * 7) % MAILBOXES)).await;
                done += 1;
            }
            done
        }
    })
    .await
}

/// So many wallets get one message after another: each is appended here when the one before has been acknowledged there.
pub async fn pass(here: &Stores, there: &Stores, wallets: u64) -> u64 {
    side_by_side(wallets, |wallet| {
        let (here, there) = (here.clone(), there.clone());
        async move { pass_one_by_one(&here, &there, owner(1_000_000 + wallet)).await }
    })
    .await
}

async fn pass_one_by_one(here: &Stores, there: &Stores, owner: RecipientId) -> u64 {
    there.presence.renew("there", Timestamp::NEVER).await.expect("a sign of life");
    let claimant = Claimant { instance: "there".to_owned(), role: Role::Session };
    let epoch = there.presence.claim(owner, &claimant).await.expect("a claim");
    let mut watch = there.mailbox.watch(owner, epoch, Manner::ALONE).await.expect("a watch");
    let end = Instant::now() + SPAN;
    let mut done = 0;
    while Instant::now() < end {
        post(here, owner).await;
        let mut taken = 0;
        while taken == 0 {
            watch.next().await;
            taken = take(there, owner, Holder::Session(epoch), Some(epoch)).await;
        }
        done += taken;
    }
    done
}

/// Fills mailboxes for [`drain`].
pub async fn fill(store: &Stores, mailboxes: u64, messages: u64) -> u64 {
    side_by_side(mailboxes, |mailbox| {
        let store = store.clone();
        async move {
            for _ in 0..messages {
                post(&store, drained(mailbox)).await;
            }
            messages
        }
    })
    .await
}

/// Empties them, by ten.
pub async fn drain(store: &Stores, mailboxes: u64) -> u64 {
    side_by_side(mailboxes, |mailbox| {
        let store = store.clone();
        async move {
            let mut done = 0;
            loop {
                match take(&store, drained(mailbox), Holder::Request(1), None).await {
                    0 => break done,
                    taken => done += taken,
                }
            }
        }
    })
    .await
}

async fn side_by_side<F>(count: u64, one: impl Fn(u64) -> F) -> u64
where
    F: Future<Output = u64> + Send + 'static,
{
    let all: JoinSet<u64> = (0..count).map(one).collect();
    all.join_all().await.into_iter().sum()
}

async fn post(store: &Stores, owner: RecipientId) {
    let appended = store.mailbox.append(owner, letter()).await;
    assert!(matches!(appended, Ok(Appended::Stored { .. })), "{appended:?}");
}

async fn take(store: &Stores, owner: RecipientId, holder: Holder, epoch: Option<Epoch>) -> u64 {
    let demand = Demand::of(10, 1 << 20);
    let mail =
        store.mailbox.lease(owner, holder, Timestamp::NEVER, &demand).await.expect("a lease");
    let positions: Vec<_> = mail.iter().map(|mail| mail.position).collect();
    if positions.is_empty() {
        return 0;
    }
    let gone = store.mailbox.acknowledge(owner, &positions, epoch).await;
    gone.expect("an acknowledgement") as u64
}

fn letter() -> Letter {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Letter {
        envelope: Bytes::from(vec![number as u8; 2_048]),
        destination: Destination::Key(VerKey::from_bytes([1; 32])),
        dedupe: spread(number),
        received: NOW,
        expires: Timestamp::NEVER,
        dedupe_window: Duration::from_secs(3_600),
        quota: Quota { messages: 10_000_000, bytes: 1 << 40 },
    }
}

fn owner(number: u64) -> RecipientId {
    RecipientId(spread(number))
}

fn drained(mailbox: u64) -> RecipientId {
    owner(2_000_000 + mailbox)
}

/// Like a hash: neighbours are far from each other.
fn spread(number: u64) -> [u8; 16] {
    u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_le_bytes()
}
