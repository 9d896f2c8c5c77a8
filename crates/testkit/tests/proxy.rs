//! The chaos proxy does what it says.

use std::net::SocketAddr;
use std::time::Duration;

use testkit::{Flow, Proxy, Weather};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A server that sends back what it gets.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                tokio::io::copy(&mut read, &mut write).await
            });
        }
    });
    address
}

async fn through(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.expect("the proxy takes connections")
}

async fn says(stream: &mut TcpStream, word: &[u8; 4]) -> Option<[u8; 4]> {
    stream.write_all(word).await.expect("room for a word");
    hears(stream).await
}

async fn hears(stream: &mut TcpStream) -> Option<[u8; 4]> {
    let mut answer = [0; 4];
    let heard = timeout(Duration::from_millis(300), stream.read_exact(&mut answer)).await;
    heard.ok()?.expect("a whole word or nothing");
    Some(answer)
}

#[tokio::test]
async fn fair_weather_passes_everything_on() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    let mut stream = through(&proxy).await;
    assert_eq!(says(&mut stream, b"one.").await.as_ref(), Some(b"one."));
    assert_eq!(proxy.open_connections(), 1);
}

#[tokio::test]
async fn what_is_swallowed_is_gone_and_what_is_stalled_comes_later() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    let mut stream = through(&proxy).await;
    proxy.set(Weather { up: Flow::Swallow, down: Flow::Pass });
    assert_eq!(says(&mut stream, b"one.").await, None);
    proxy.set(Weather { up: Flow::Pass, down: Flow::Stall });
    assert_eq!(says(&mut stream, b"two.").await, None);
    proxy.set(Weather::FAIR);
    assert_eq!(hears(&mut stream).await.as_ref(), Some(b"two."));
}

#[tokio::test]
async fn only_connections_that_are_open_are_stranded() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    let mut old = through(&proxy).await;
    assert_eq!(says(&mut old, b"one.").await.as_ref(), Some(b"one."));
    proxy.strand(Weather::HALF_DEAD);
    assert_eq!(says(&mut old, b"two.").await, None);
    let mut new = through(&proxy).await;
    assert_eq!(says(&mut new, b"new.").await.as_ref(), Some(b"new."));
}

#[tokio::test]
async fn a_cut_is_an_end_and_a_reset_an_error() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    let mut stream = through(&proxy).await;
    says(&mut stream, b"one.").await.unwrap();
    proxy.cut();
    assert_eq!(stream.read(&mut [0; 4]).await.unwrap(), 0);
    let mut stream = through(&proxy).await;
    says(&mut stream, b"one.").await.unwrap();
    proxy.reset();
    assert!(stream.read(&mut [0; 4]).await.is_err());
}

#[tokio::test]
async fn so_many_bytes_pass_and_not_one_more() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    proxy.set(Weather { up: Flow::Pass, down: Flow::ResetAfter(6) });
    let mut stream = through(&proxy).await;
    assert_eq!(says(&mut stream, b"one.").await.as_ref(), Some(b"one."));
    stream.write_all(b"two.").await.unwrap();
    let mut rest = Vec::new();
    assert!(stream.read_to_end(&mut rest).await.is_err());
    assert!(rest.len() <= 2, "{rest:?}");
}

#[tokio::test]
async fn refused_connections_come_to_nothing() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    proxy.refuse(true);
    let mut stream = through(&proxy).await;
    assert!(!matches!(stream.read(&mut [0; 4]).await, Ok(1..)));
}
