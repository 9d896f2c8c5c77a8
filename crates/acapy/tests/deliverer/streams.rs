//! Streams in place of lists.

use acapy::streams::{InboundStreams, KID, Kept, OUTBOUND};
use acapy::wire::{Inbound, Names, payload};
use redis::cmd;
use testkit::Site;

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn what_agents_append_to_the_stream_is_delivered_as_from_the_list() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    let stream = Names::beside(&stage.names.outbound(), "stream");
    for number in 0..50 {
        let entry = format!(
            r#"{{"service": {{"url": "{}"}}, "payload": "{}", "headers": {{}}}}"#,
            endpoint.url("/"),
            payload::encode(number.to_string().as_bytes())
        );
        let add = cmd("XADD").arg(&stream).arg("*").arg(OUTBOUND).arg(entry).take();
        let _: String = stage.say(&add).await;
    }
    let _: String = stage.say(cmd("XADD").arg(&stream).arg("*").arg("other").arg("junk")).await;
    let _running = [stage.deliver(), stage.deliver()];
    endpoint.until(50).await;
    let expected: Vec<_> = (0..50).map(|number| number.to_string()).collect();
    assert_eq!(endpoint.texts(), expected);
    assert_eq!(stage.reasons(1).await, ["empty or too large"]);
    assert_eq!(stage.say::<u64>(cmd("XLEN").arg(&stream)).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_nobody_reads_takes_no_more_than_it_may_and_drops_nothing() {
    let stage = Stage::set().await;
    let streams = InboundStreams::new(stage.redis.clone(), stage.names.clone(), 1, 2);
    let message = Inbound { payload: "x".into(), transport_type: None, txn_id: None };
    let mut kept = Vec::new();
    for kid in ["k1", "k2", "k3"] {
        kept.push(streams.append(kid, &message).await.unwrap());
    }
    assert_eq!(kept, [Kept::Yes, Kept::Yes, Kept::NoRoom]);
    let stream = stage.names.inbound_stream(0);
    let entries: Vec<(String, Vec<(String, String)>)> =
        stage.say(cmd("XRANGE").arg(stream).arg("-").arg("+")).await;
    assert_eq!(entries.len(), 2);
    assert!(entries[0].1.contains(&(KID.to_owned(), "k1".to_owned())), "{entries:?}");
}
