//! A server that says of itself what it is not.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A port before that of a real server, where some bytes of what it says are replaced by others. Answers that come in pieces are
/// looked through piece by piece.
pub async fn disguised(server: u16, bytes: Vec<u8>, others: Vec<u8>) -> u16 {
    assert_eq!(bytes.len(), others.len(), "nothing else may move");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
            let ((from_client, to_client), (from_server, to_server)) =
                (client.into_split(), server.into_split());
            tokio::spawn(pass(from_client, to_server, |_| {}));
            let (bytes, others) = (bytes.clone(), others.clone());
            let change = move |piece: &mut [u8]| replace(piece, &bytes, &others);
            tokio::spawn(pass(from_server, to_client, change));
        }
    });
    port
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    change: impl Fn(&mut [u8]),
) {
    let mut piece = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut piece).await {
        change(&mut piece[..count]);
        if to.write_all(&piece[..count]).await.is_err() {
            return;
        }
    }
}

fn replace(piece: &mut [u8], bytes: &[u8], others: &[u8]) {
    let places: Vec<_> = (0..piece.len()).filter(|at| piece[*at..].starts_with(bytes)).collect();
    for at in places {
        piece[at..at + others.len()].copy_from_slice(others);
    }
}
