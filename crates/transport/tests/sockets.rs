//! What sockets may do, and what they may not.
#![expect(clippy::unwrap_used, reason = "what the tests set up may fail them")]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Port, open, open_behind, rest, status, tight};
use futures_util::{SinkExt, StreamExt};
use mediator::Heard;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::{WebSocketStream, client_async};
use transport::{Count, Limits};

async fn dial(port: &Port, path: &str) -> WebSocketStream<TcpStream> {
    let url = format!("ws://{}{path}", port.address);
    client_async(url, port.connect().await).await.unwrap().0
}

fn upgrade(extra: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nhost: m\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n{extra}\r\n"
    )
}

const GOOD: &str = "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

async fn close_code(socket: &mut WebSocketStream<TcpStream>) -> Option<CloseCode> {
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Close(frame) = message {
            return frame.map(|frame| frame.code);
        }
    }
    None
}

#[tokio::test]
async fn binary_comes_in_and_text_goes_out_on_both_paths() {
    let port = open(tight()).await;
    for path in ["/", "/ws"] {
        let mut socket = dial(&port, path).await;
        socket.send(Message::binary(&b"{}"[..])).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("{}"));
        socket.send(Message::text("[]")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("[]"));
    }
    assert_eq!(port.tally.of(Count::Sockets), 2);
}

#[tokio::test]
async fn the_handshake_is_that_of_the_rfc() {
    let port = open(tight()).await;
    let mut tcp = port.connect().await;
    tcp.write_all(upgrade(GOOD).as_bytes()).await.unwrap();
    let mut response = vec![0; 1024];
    let length = tcp.read(&mut response).await.unwrap();
    let response = String::from_utf8_lossy(&response[..length]).into_owned();
    assert_eq!(status(&response), 101);
    assert!(
        response.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        "{response}"
    );
}

#[tokio::test]
async fn frames_right_behind_the_handshake_are_heard() {
    let port = open(tight()).await;
    let mut tcp = port.connect().await;
    // A masked text frame "hi" with the mask 0.
    let frame = [0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];
    tcp.write_all(&[upgrade(GOOD).as_bytes(), &frame].concat()).await.unwrap();
    let mut port = port;
    assert_eq!(port.heard.recv().await, Some(Heard::Frame(Bytes::from_static(b"hi"))));
}

#[tokio::test]
async fn a_bad_handshake_is_refused() {
    let port = open(tight()).await;
    let old = port
        .exchange(upgrade("sec-websocket-version: 8\r\nconnection: close\r\n").as_bytes())
        .await;
    assert_eq!(status(&old), 426);
    assert!(old.contains("sec-websocket-version: 13\r\n"), "{old}");
    let keyless = port
        .exchange(upgrade("sec-websocket-version: 13\r\nconnection: close\r\n").as_bytes())
        .await;
    assert_eq!(status(&keyless), 400);
    assert_eq!(port.tally.of(Count::BadUpgrades), 2);
}

#[tokio::test]
async fn a_message_in_pieces_is_put_together() {
    let port = open(tight()).await;
    let mut socket = dial(&port, "/").await;
    for (opcode, piece, last) in [(Data::Text, "{\"a\"", false), (Data::Continue, ":1}", true)] {
        let frame = Frame::message(piece.as_bytes().to_vec(), OpCode::Data(opcode), last);
        socket.send(Message::Frame(frame)).await.unwrap();
    }
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("{\"a\":1}"));
}

#[tokio::test]
async fn long_messages_keep_their_length_both_ways() {
    let port = open(Limits { frame_bytes: 1 << 20, ..tight() }).await;
    let mut socket = dial(&port, "/").await;
    for length in [125, 126, 65_535, 65_536, 1 << 20] {
        socket.send(Message::text("x".repeat(length))).await.unwrap();
        let echo = socket.next().await.unwrap().unwrap();
        assert!(echo.is_text() && echo.len() == length, "{length}: {}", echo.len());
    }
}

#[tokio::test]
async fn our_ping_is_told_from_other_pongs() {
    let mut port = open(tight()).await;
    let mut socket = dial(&port, "/").await;
    socket.send(Message::Pong(Bytes::from_static(b"stray"))).await.unwrap();
    assert_eq!(port.heard.recv().await, Some(Heard::Alive));
    socket.send(Message::text("ping me")).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Ping(_)))));
    socket.flush().await.unwrap();
    port.heard.recv().await;
    assert_eq!(port.heard.recv().await, Some(Heard::Pong(7)));
}

#[tokio::test]
async fn a_peers_ping_is_answered_and_heard() {
    let mut port = open(tight()).await;
    let mut socket = dial(&port, "/").await;
    socket.send(Message::Ping(Bytes::from_static(b"there?"))).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong(Bytes::from_static(b"there?")));
    assert_eq!(port.heard.recv().await, Some(Heard::Alive));
}

#[tokio::test]
async fn a_message_over_the_limit_closes_with_1009() {
    let port = open(tight()).await;
    let mut socket = dial(&port, "/").await;
    socket.send(Message::text("x".repeat(4097))).await.unwrap();
    assert_eq!(close_code(&mut socket).await, Some(CloseCode::Size));
    assert_eq!(port.tally.of(Count::FramesTooLarge), 1);
}

#[tokio::test]
async fn pieces_that_add_up_to_too_much_close_with_1009() {
    let port = open(tight()).await;
    let mut socket = dial(&port, "/").await;
    for opcode in [Data::Text, Data::Continue, Data::Continue] {
        let frame = Frame::message(vec![b'x'; 2000], OpCode::Data(opcode), false);
        socket.send(Message::Frame(frame)).await.unwrap();
    }
    assert_eq!(close_code(&mut socket).await, Some(CloseCode::Size));
}

#[tokio::test]
async fn text_that_is_no_utf8_closes_with_1007() {
    let port = open(tight()).await;
    let mut socket = dial(&port, "/").await;
    let frame = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    socket.send(Message::Frame(frame)).await.unwrap();
    assert_eq!(close_code(&mut socket).await, Some(CloseCode::Invalid));
    assert_eq!(port.tally.of(Count::FramesNotText), 1);
}

#[tokio::test]
async fn a_frame_against_the_protocol_closes_with_1002() {
    let port = open(tight()).await;
    let mut tcp = port.connect().await;
    // Not masked, as a client's frames must be.
    tcp.write_all(&[upgrade(GOOD).as_bytes(), &[0x81, 0x02, b'h', b'i']].concat()).await.unwrap();
    let mut answer = Vec::new();
    drop(tcp.read_to_end(&mut answer).await);
    assert!(
        answer.windows(4).any(|window| window[0] == 0x88 && window[2..] == 1002_u16.to_be_bytes())
    );
    assert_eq!(port.tally.of(Count::FramesMalformed), 1);
}

#[tokio::test]
async fn a_peer_that_stops_reading_is_given_up() {
    let port = open(tight()).await;
    let mut socket = dial(&port, "/").await;
    socket.send(Message::text("flood me")).await.unwrap();
    port.counts(Count::WritesStalled, 1).await;
}

#[tokio::test]
async fn an_address_with_too_many_sockets_is_told_so() {
    let port = open(Limits { sockets_per_address: 1, ..tight() }).await;
    let first = dial(&port, "/").await;
    let request = upgrade(&format!("{GOOD}connection: close\r\n"));
    let response = port.exchange(request.as_bytes()).await;
    assert_eq!(status(&response), 429);
    assert!(response.contains("retry-after: 10\r\n"), "{response}");
    drop(first);
    for _ in 0..100 {
        let mut tcp = port.connect().await;
        tcp.write_all(request.as_bytes()).await.unwrap();
        let mut start = [0; 12];
        tcp.read_exact(&mut start).await.unwrap();
        if &start == b"HTTP/1.1 101" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the place of the socket that ended is still taken");
}

#[tokio::test]
async fn beyond_all_sockets_the_upgrade_is_refused() {
    let port = open(Limits { sockets: 0, ..tight() }).await;
    assert_eq!(
        status(&port.exchange(upgrade(&format!("{GOOD}connection: close\r\n")).as_bytes()).await),
        503
    );
    assert_eq!(port.tally.of(Count::SocketsFull), 1);
}

#[tokio::test]
async fn a_socket_is_no_http_connection_any_more() {
    let port = open(Limits { connections: 1, ..tight() }).await;
    let _socket = dial(&port, "/").await;
    assert_eq!(status(&port.post("forward").await), 202);
}

#[tokio::test]
async fn a_socket_at_rest_outlives_the_limits_of_http() {
    let port = open(tight()).await;
    let mut socket = dial(&port, "/").await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    socket.send(Message::text("still here")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("still here"));
}

#[tokio::test]
async fn an_abandoned_handshake_costs_nothing() {
    let port = open(tight()).await;
    let mut tcp = port.connect().await;
    tcp.write_all(upgrade(GOOD).split_at(40).0.as_bytes()).await.unwrap();
    assert_eq!(rest(&mut tcp).await, "");
    assert_eq!(port.tally.of(Count::HeadTimeouts), 1);
}

#[tokio::test]
async fn behind_a_proxy_each_of_its_clients_has_its_own_share() {
    let limits = Limits { sockets_per_address: 1, connections_per_address: 1, ..tight() };
    let port = open_behind(limits, "127.0.0.0/8").await;
    let mut held = Vec::new();
    for (client, code) in [("192.0.2.1", "101"), ("192.0.2.2", "101"), ("192.0.2.1", "429")] {
        let mut tcp = port.connect().await;
        let request = upgrade(&format!("{GOOD}x-forwarded-for: 203.0.113.9, {client}\r\n"));
        tcp.write_all(request.as_bytes()).await.unwrap();
        let mut start = [0; 12];
        tcp.read_exact(&mut start).await.unwrap();
        assert_eq!(&start[9..], code.as_bytes(), "{client}");
        held.push(tcp);
    }
}
