//! Two sockets of one wallet, at two instances.

use std::time::Duration;

use protocols::client;
use protocols::pickup::V2_0;
use testkit::{Fleet, Frame, Heard, History, Socket, Wallet, Words};

use super::engine::{Engine, joined, sender_at};
use super::with_every_engine;
use crate::habits::{drain, kept_promise, numbers, received, send_all};

const DISPLACED: u16 = 4001;
const MESSAGES: u32 = 10;

/// A push takes milliseconds; what has not come by then does not come.
const SILENCE: Duration = Duration::from_millis(300);

async fn live_socket(wallet: &Wallet) -> Socket {
    let mut socket = wallet.dial().await;
    let change = client::live_delivery_change(&V2_0, &wallet.agent().id(), true);
    assert!(matches!(socket.ask(&change).await, Words::Status { live: true, .. }));
    socket
}

pub async fn the_newest_wins_and_the_older_is_told(engine: Engine) {
    let fleet = engine.fleet(2).await;
    let history = History::default();
    let wallet = joined(fleet[0].address(), 1, &history).await;
    let elsewhere = wallet.by_way_of(fleet[1].address());
    let sender = sender_at(fleet[0].address(), &history);
    let mut older = live_socket(&wallet).await;
    for (turn, place) in (0..).zip([&elsewhere, &wallet, &elsewhere]) {
        let mut newer = live_socket(place).await;
        assert_eq!(older.end().await, Frame::Closed(Some(DISPLACED)));
        send_all(&sender, &wallet, turn..turn + 1).await;
        let pushed = newer.words().await;
        assert_eq!(numbers(pushed.items()), [turn]);
        newer.ask(&received(&wallet, pushed.items())).await;
        older = newer;
    }
    kept_promise(&history, async {}).await;
    assert_eq!(history.repeated(), []);
}

pub async fn all_get_each_message_where_the_operator_wants_that(engine: Engine) {
    let fleet = Fleet::start(2, &engine.options(&["pickup.sockets=all"])).await;
    let history = History::default();
    let wallet = joined(fleet[0].address(), 1, &history).await;
    let elsewhere = wallet.by_way_of(fleet[1].address());
    let sender = sender_at(fleet[0].address(), &history);
    let mut sockets = [live_socket(&wallet).await, live_socket(&elsewhere).await];
    for number in 0..MESSAGES {
        send_all(&sender, &wallet, number..number + 1).await;
        let mut pushed = Vec::new();
        for socket in &mut sockets {
            pushed.push(next_push(socket).await);
        }
        pushed.iter().for_each(|words| assert_eq!(numbers(words.items()), [number]));
        // Either may acknowledge it.
        let turn = number as usize % 2;
        sockets[turn].say(&received(&wallet, pushed[turn].items())).await;
    }
    for socket in &mut sockets {
        while let Some(heard) = socket.hear_within(SILENCE).await {
            assert!(matches!(heard, Frame::Heard(Heard::Words(Words::Status { .. }))), "{heard:?}");
        }
    }
    drop(sockets);
    kept_promise(&history, async { assert_eq!(drain(&wallet).await, 0) }).await;
}

/// The next delivery; the answers to acknowledgements come between.
async fn next_push(socket: &mut Socket) -> Words {
    loop {
        let words = socket.words().await;
        if !matches!(words, Words::Status { .. }) {
            return words;
        }
    }
}

with_every_engine!(
    the_newest_wins_and_the_older_is_told,
    all_get_each_message_where_the_operator_wants_that,
);
