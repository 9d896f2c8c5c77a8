//! The way out, against endpoints of every temper.
#![expect(clippy::unwrap_used, reason = "what the tests set up may fail them")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use mediator::{Carried, Carrier, End};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use transport::{CarrierOptions, HttpWsCarrier};

fn carrier() -> HttpWsCarrier {
    let patience = Duration::from_secs(2);
    HttpWsCarrier::new(&CarrierOptions {
        allow_private: true,
        timeout: patience,
        ..CarrierOptions::default()
    })
    .unwrap()
}

fn mail(envelopes: &[&'static str]) -> Vec<Bytes> {
    envelopes.iter().map(|envelope| Bytes::from_static(envelope.as_bytes())).collect()
}

fn done(taken: usize) -> Carried {
    Carried { taken, end: End::Done }
}

/// An HTTP endpoint that gives these answers, one to a request, and keeps what it was sent. Answers to each connection until it ends.
async fn endpoint<const N: usize>(answers: [&'static str; N]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/inbox", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (kept, mut answers) = (seen.clone(), answers.into_iter());
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            while let Some(request) = request(&mut tcp).await {
                kept.lock().push(request);
                let Some(answer) = answers.next() else { return };
                tcp.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    (url, seen)
}

/// One request with a body of one short line.
async fn request(tcp: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        request.push(tcp.read_u8().await.ok()?);
    }
    Some(String::from_utf8(request).unwrap())
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn each_envelope_is_posted_in_order_with_the_bare_type() {
    let (url, seen) = endpoint([OK, ACCEPTED, OK]).await;
    assert_eq!(carrier().carry(&url, &mail(&["{1}", "{2}", "{3}"])).await, done(3));
    let seen = seen.lock();
    assert!(seen[0].starts_with("POST /inbox HTTP/1.1\r\n"), "{}", seen[0]);
    assert!(seen[0].contains("content-type: application/didcomm-envelope-enc\r\n"), "{}", seen[0]);
    let bodies: Vec<_> = seen.iter().map(|request| &request[request.len() - 3..]).collect();
    assert_eq!(bodies, ["{1}", "{2}", "{3}"]);
}

#[tokio::test]
async fn a_refused_envelope_stops_the_rest() {
    let (url, seen) = endpoint([OK, "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"]).await;
    let carried = carrier().carry(&url, &mail(&["{1}", "{2}", "{3}"])).await;
    assert_eq!(carried.taken, 1);
    assert!(matches!(carried.end, End::Refused(_)), "{carried:?}");
    assert_eq!(seen.lock().len(), 2);
}

#[tokio::test]
async fn a_failing_endpoint_is_to_be_tried_again() {
    let (url, _) = endpoint(["HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"]).await;
    let carried = carrier().carry(&url, &mail(&["{1}"])).await;
    assert!(carried.taken == 0 && matches!(carried.end, End::Failed(_)), "{carried:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (target, untouched) = endpoint([OK]).await;
    let redirect: &'static str =
        format!("HTTP/1.1 307 There\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n").leak();
    let (url, _) = endpoint([redirect]).await;
    let carried = carrier().carry(&url, &mail(&["{1}"])).await;
    assert!(carried.taken == 0 && matches!(carried.end, End::Failed(_)), "{carried:?}");
    assert!(untouched.lock().is_empty());
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_given_up() {
    let (url, _) = endpoint([]).await;
    assert!(matches!(carrier().carry(&url, &mail(&["{1}"])).await.end, End::Failed(_)));
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    assert_eq!(
        carrier().carry(&url, &mail(&["{1}"])).await.end,
        End::Failed("no answer in time".to_owned())
    );
    drop(silent);
    assert!(matches!(carrier().carry(&url, &mail(&["{1}"])).await.end, End::Failed(_)));
}

#[tokio::test]
async fn an_answer_without_end_is_taken_by_its_status() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        request(&mut tcp).await;
        tcp.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await.unwrap();
        while tcp.write_all(&[b'x'; 4096]).await.is_ok() {}
    });
    assert_eq!(carrier().carry(&url, &mail(&["{1}"])).await, done(1));
}

#[tokio::test]
async fn addresses_of_this_machine_are_never_dialled_unless_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let strict = HttpWsCarrier::new(&CarrierOptions::default()).unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0"] {
        for scheme in ["http", "https", "ws", "wss"] {
            let carried =
                strict.carry(&format!("{scheme}://{host}:{port}/"), &mail(&["{1}"])).await;
            assert!(matches!(carried.end, End::Forbidden(_)), "{scheme}://{host}: {carried:?}");
        }
    }
    assert!(tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_err());
}

#[tokio::test]
async fn other_schemes_are_never_dialled() {
    for uri in ["didcomm:transport/queue", "file:///etc/passwd", "ftp://192.0.2.1/", "agent", ""] {
        let carried = carrier().carry(uri, &mail(&["{1}"])).await;
        assert!(matches!(carried.end, End::Forbidden(_)), "{uri}: {carried:?}");
    }
}

/// A WebSocket endpoint that does this with each of its sockets.
async fn socket<F, T>(serve: F) -> String
where
    F: Fn(tokio_tungstenite::WebSocketStream<TcpStream>) -> T + Send + Sync + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(serve(accept_async(tcp).await.unwrap()));
        }
    });
    url
}

fn close(code: CloseCode) -> Message {
    Message::Close(Some(CloseFrame { code, reason: "".into() }))
}

#[tokio::test]
async fn over_a_socket_the_answered_close_is_the_receipt() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let url = socket(move |mut socket| {
        let kept = kept.clone();
        async move {
            while let Some(Ok(message)) = socket.next().await {
                if message.is_binary() {
                    kept.lock().push(message.into_data());
                }
            }
        }
    })
    .await;
    assert_eq!(carrier().carry(&url, &mail(&["{1}", "{2}"])).await, done(2));
    assert_eq!(*seen.lock(), mail(&["{1}", "{2}"]));
}

#[tokio::test]
async fn a_message_that_comes_back_is_a_receipt_too() {
    let url = socket(|mut socket| async move {
        let envelope = socket.next().await.unwrap().unwrap();
        socket.send(envelope).await.unwrap();
        std::future::pending().await
    })
    .await;
    assert_eq!(carrier().carry(&url, &mail(&["{1}"])).await, done(1));
}

#[tokio::test]
async fn a_socket_that_breaks_off_has_taken_nothing() {
    let url = socket(|mut socket| async move {
        drop(socket.next().await);
    })
    .await;
    let carried = carrier().carry(&url, &mail(&["{1}"])).await;
    assert!(carried.taken == 0 && matches!(carried.end, End::Failed(_)), "{carried:?}");
}

#[tokio::test]
async fn a_socket_that_says_nothing_has_taken_nothing() {
    let url = socket(|socket| async move {
        let _held = socket;
        std::future::pending().await
    })
    .await;
    assert_eq!(
        carrier().carry(&url, &mail(&["{1}"])).await.end,
        End::Failed("no answer in time".to_owned())
    );
}

#[tokio::test]
async fn a_socket_that_goes_away_has_taken_nothing() {
    let url =
        socket(|mut socket| async move { drop(socket.send(close(CloseCode::Away)).await) }).await;
    let carried = carrier().carry(&url, &mail(&["{1}"])).await;
    assert!(carried.taken == 0 && matches!(carried.end, End::Failed(_)), "{carried:?}");
}

#[tokio::test]
async fn a_refused_envelope_among_several_is_found() {
    let url = socket(|mut socket| async move {
        while let Some(Ok(message)) = socket.next().await {
            if message == Message::binary(&b"{bad}"[..]) {
                drop(socket.send(close(CloseCode::Policy)).await);
            }
        }
    })
    .await;
    let behind = carrier().carry(&url, &mail(&["{1}", "{bad}"])).await;
    assert!(behind.taken == 1 && matches!(behind.end, End::Failed(_)), "{behind:?}");
    let first = carrier().carry(&url, &mail(&["{bad}", "{1}"])).await;
    assert!(first.taken == 0 && matches!(first.end, End::Refused(_)), "{first:?}");
}
