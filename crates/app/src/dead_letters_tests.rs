use std::sync::Arc;

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use store::memory::MemoryStore;
use store::{Demand, Mail, Quota, RecipientId};

use super::*;

const OWNER: RecipientId = RecipientId([7; 16]);

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp(43_200_000)
    }
}

fn position(number: u64) -> Position {
    Position { sequence: number, incarnation: 9 }
}

async fn graveyard(letters: u64) -> Stores {
    let stores = Stores::of(Arc::new(MemoryStore::new(Arc::new(Noon))));
    for number in 1..=letters {
        let mail = Mail {
            position: position(number),
            envelope: Bytes::from(format!("envelope {number}")),
            destination: Destination::Key(VerKey::from_bytes([1; 32])),
            received: Timestamp(1),
        };
        let letter =
            DeadLetter { owner: OWNER, mail, reason: "410".to_owned(), buried: Timestamp(2) };
        stores.dead_letters.bury(&letter).await.unwrap();
    }
    stores
}

async fn follow(stores: &Stores, order: Order) -> Value {
    try_to(stores, order, Allowance::default()).await.unwrap()
}

async fn try_to(stores: &Stores, order: Order, allowance: Allowance) -> Result<Value> {
    Clerk { stores, allowance: &allowance, clock: &Noon }.follow(&order).await
}

async fn waiting(stores: &Stores) -> Vec<Bytes> {
    let mail = stores.mailbox.peek(OWNER, &Demand::of(10, 1 << 20)).await.unwrap();
    mail.into_iter().map(|mail| mail.envelope).collect()
}

#[test]
fn an_order_survives_the_line() {
    let at = position(3);
    for order in [Order::List(None), Order::List(Some(at)), Order::Replay(at), Order::Drop(at)] {
        assert_eq!(Order::read(&order.words()), Some(order));
    }
    for nonsense in ["", "replay", "drop x", "bury", "list me"] {
        assert_eq!(Order::read(nonsense), None, "{nonsense}");
    }
}

#[tokio::test]
async fn the_list_is_read_page_by_page() {
    let stores = graveyard(PAGE as u64 + 5).await;
    let first = follow(&stores, Order::List(None)).await;
    let last = first.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().parse().unwrap();
    let second = follow(&stores, Order::List(Some(last))).await;
    assert_eq!((first.as_array().unwrap().len(), second.as_array().unwrap().len()), (PAGE, 5));
    assert_eq!(second[0]["reason"], "410");
}

#[tokio::test]
async fn a_letter_that_is_replayed_waits_again() {
    let stores = graveyard(2).await;
    assert_eq!(follow(&stores, Order::Replay(position(2))).await, true);
    assert_eq!(waiting(&stores).await, [Bytes::from("envelope 2")]);
    assert_eq!(follow(&stores, Order::Replay(position(2))).await, false);
    assert_eq!(stores.dead_letters.list(None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_replay_that_was_cut_off_is_finished_by_the_next_one() {
    let stores = graveyard(1).await;
    let letter = stores.dead_letters.list(None, 1).await.unwrap().remove(0);
    follow(&stores, Order::Replay(position(1))).await;
    stores.dead_letters.bury(&letter).await.unwrap();
    assert_eq!(follow(&stores, Order::Replay(position(1))).await, true);
    assert_eq!(waiting(&stores).await.len(), 1);
}

#[tokio::test]
async fn a_letter_for_a_full_mailbox_stays_dead() {
    let stores = graveyard(1).await;
    let full = Allowance { mailbox: Quota { messages: 0, bytes: 0 }, ..Allowance::default() };
    assert!(try_to(&stores, Order::Replay(position(1)), full).await.is_err());
    assert_eq!(stores.dead_letters.list(None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_letter_that_is_dropped_is_gone() {
    let stores = graveyard(1).await;
    assert_eq!(follow(&stores, Order::Drop(position(1))).await, true);
    assert_eq!(follow(&stores, Order::Drop(position(1))).await, false);
    assert_eq!(waiting(&stores).await.len(), 0);
}
