//! Sockets that send rubbish, never send, or never read.

use bytes::Bytes;
use protocols::client;
use testkit::{Frame, Parcel, Posted, Server, ServerOptions, Words};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::habits::{
    COMES_WITHIN, drain, kept_promise, one_wallet, send_all, sender, status, until,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_sends_rubbish_is_closed_with_a_reason() {
    let server = Server::start().await;
    let (wallet, _) = one_wallet(&server).await;
    let cases = [
        ("junk", Bytes::from_static(b"hello"), 1008),
        ("binary junk", Bytes::from_static(&[0, 255, 254]), 1008),
        ("too much", Bytes::from(vec![b'x'; 3 << 20]), 1009),
    ];
    for (what, frame, code) in cases {
        let mut socket = wallet.dial().await;
        socket.send(&frame).await;
        let end = socket.end().await;
        // What is still under way when the mediator closes may turn its goodbye into a reset.
        assert!(
            end == Frame::Closed(Some(code)) || (code == 1009 && end == Frame::Broken),
            "{what}: {end:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_never_sends_is_closed() {
    let server = Server::start_with(ServerOptions::with(&["pickup.introduction=300ms"])).await;
    let (wallet, _) = one_wallet(&server).await;
    assert_eq!(wallet.dial().await.end().await, Frame::Closed(Some(4003)));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_for_a_socket_that_never_reads_is_not_lost() {
    let settings =
        ["transport.write_timeout=500ms", "pickup.ping_every=1s", "pickup.ping_patience=1s"];
    let server = Server::start_with(ServerOptions::with(&settings)).await;
    let (wallet, history) = one_wallet(&server).await;
    let mut socket = wallet.dial().await;
    socket.ask(&client::ping(&wallet.agent().id(), true)).await;
    let sender = sender(&server, &history);
    for number in 0..100 {
        let parcel = Parcel { to: 1, number };
        let posted =
            sender.send_envelope(wallet.agent(), parcel, &parcel.write_padded(200_000)).await;
        assert_eq!(posted, Posted::Accepted);
    }
    // The socket stays open all the while, and nobody reads it: the mediator has to let go of it by itself.
    until("the mail comes back", async || {
        matches!(wallet.ask(&status(&wallet)).await, Words::Status { messages: 100, .. })
    })
    .await;
    kept_promise(&history, async { assert_eq!(drain(&wallet).await, 100) }).await;
    drop(socket);
}

/// Sends this and returns what comes back until the server closes.
async fn raw(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    stream.write_all(bytes).await.expect("room for a little");
    let mut answer = Vec::new();
    // A reset is an end like any other.
    let read = timeout(COMES_WITHIN, stream.read_to_end(&mut answer)).await;
    drop(read.expect("the server closes"));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_never_end_are_given_up() {
    let settings =
        ["transport.header_timeout=300ms", "transport.body_timeout=300ms", "transport.idle=1s"];
    let server = Server::start_with(ServerOptions::with(&settings)).await;
    let (wallet, history) = one_wallet(&server).await;
    raw(&server, b"POST / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    let slow_body = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/didcomm-envelope-enc\r\ncontent-length: 100\r\n\r\n{";
    let answer = raw(&server, slow_body).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    let junk = raw(&server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").await;
    assert!(junk.is_empty() || junk.starts_with("HTTP/1.1 400"), "{junk}");
    send_all(&sender(&server, &history), &wallet, 0..3).await;
    assert_eq!(drain(&wallet).await, 3);
}
