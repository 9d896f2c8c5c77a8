//! A wallet that acknowledges over HTTP at one instance, while its live socket is at another.

use protocols::client;
use protocols::pickup::V2_0;
use testkit::{History, Words};

use super::engine::{Engine, joined, sender_at};
use super::with_every_engine;
use crate::habits::{drain, kept_promise, numbers, received, send_all, status};

/// More than a session may have on its way without an acknowledgement.
const MESSAGES: u32 = 30;
const WINDOW: &str = "pickup.window=5";

pub async fn its_live_session_goes_on(engine: Engine) {
    let fleet = testkit::Fleet::start(2, &engine.options(&[WINDOW])).await;
    let history = History::default();
    let wallet = joined(fleet[0].address(), 1, &history).await;
    let elsewhere = wallet.by_way_of(fleet[1].address());
    let sender = sender_at(fleet[1].address(), &history);
    let mut socket = wallet.dial().await;
    socket.ask(&client::live_delivery_change(&V2_0, &wallet.agent().id(), true)).await;
    for number in 0..MESSAGES {
        send_all(&sender, &wallet, number..number + 1).await;
        let pushed = socket.words().await;
        assert_eq!(numbers(pushed.items()), [number], "{pushed:?}");
        // What is in flight there is not counted here.
        let waiting = elsewhere.ask(&status(&wallet)).await;
        assert!(matches!(waiting, Words::Status { messages: 0, .. }), "{waiting:?}");
        let left = elsewhere.ask(&received(&wallet, pushed.items())).await;
        assert!(matches!(left, Words::Status { messages: 0, .. }), "{left:?}");
    }
    drop(socket);
    kept_promise(&history, async { assert_eq!(drain(&elsewhere).await, 0) }).await;
    assert_eq!(history.repeated(), []);
}

with_every_engine!(its_live_session_goes_on);
