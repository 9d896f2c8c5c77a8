//! Load balancers, before backends that say who they are.

use std::collections::HashSet;
use std::net::SocketAddr;

use servers::Balancer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Answers everything with its own port.
async fn backend() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n{:05}",
                    address.port()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    address
}

/// A backend that dies over its first request.
async fn mortal() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _ = stream.read(&mut [0; 64]).await;
    });
    address
}

/// The last line of the answer; nothing if there is none.
async fn ask(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.expect("the load balancer listens");
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.expect("it takes a request");
    let mut answer = String::new();
    // A connection that is cut answers nothing.
    let _ = stream.read_to_string(&mut answer).await;
    answer.lines().last().unwrap_or_default().to_owned()
}

async fn reaches_both(balancer: &Balancer, backends: [SocketAddr; 2]) {
    let wanted: HashSet<String> =
        backends.iter().map(|backend| format!("{:05}", backend.port())).collect();
    let mut heard = HashSet::new();
    for _ in 0..10 {
        heard.insert(ask(balancer.address()).await);
    }
    assert_eq!(heard, wanted, "{}", balancer.log());
}

#[tokio::test]
async fn haproxy_asks_every_backend() {
    let backends = [backend().await, backend().await];
    reaches_both(&Balancer::haproxy(&backends).await, backends).await;
}

#[tokio::test]
async fn nginx_asks_every_backend() {
    let backends = [backend().await, backend().await];
    reaches_both(&Balancer::nginx(&backends).await, backends).await;
}

#[tokio::test]
async fn a_request_whose_backend_dies_is_cut_without_a_status() {
    let haproxy = Balancer::haproxy(&[mortal().await]).await;
    let nginx = Balancer::nginx(&[mortal().await]).await;
    for balancer in [haproxy, nginx] {
        for _ in 0..2 {
            assert_eq!(ask(balancer.address()).await, "", "{}", balancer.log());
        }
    }
}
