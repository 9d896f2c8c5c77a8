//! Many sockets come at once, and the backend has few connections for them.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;

use crate::subject::Subject;
use crate::wallet::End;

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_wait_their_turn_for_few_connections_and_all_arrive_in_order() {
    let dock = Subject::with(&["dock.parallel=4"]).await;
    for what in ["connect", "message"] {
        dock.backend.answers_after(what, 200, Duration::from_millis(20));
    }
    let mut wallets = join_all((0..40).map(|_| dock.dial())).await;
    for number in 0..5 {
        for wallet in &mut wallets {
            wallet.say(&number.to_string()).await;
        }
    }
    dock.backend.call("message", 200).await;
    let mut heard = BTreeMap::<String, String>::new();
    let calls = dock.backend.calls("message");
    for call in &calls {
        heard.entry(call.id().to_owned()).or_default().push_str(call.message());
    }
    assert_eq!(heard.len(), 40);
    assert!(heard.values().all(|said| said == "01234"), "{heard:?}");
    let connections = calls.last().map(|call| call.connections);
    assert_eq!(connections, Some(4), "in all, not only at a time: they are kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_whose_turn_does_not_come_is_closed_with_1013_when_patience_is_over() {
    let dock = Subject::with(&["dock.parallel=1", "dock.patience=700ms"]).await;
    let (mut first, mut second) = (dock.dial().await, dock.dial().await);
    dock.backend.call("connect", 2).await;
    dock.backend.answers_after("message", 200, Duration::from_secs(20));
    first.say("slow").await;
    dock.backend.call("message", 1).await;
    second.say("late").await;
    assert_eq!(second.end().await, End::Closed(Some(1013)));
    assert_eq!(dock.backend.messages(), ["slow"]);
}
