//! What the peer's TCP has acknowledged.

use std::os::fd::AsFd;

use nix::sys::socket::{GetSockOpt, sockopt};

/// What one look at a TCP connection told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Everything written was acknowledged.
    Empty,
    /// Bytes are on their way, or wait for the peer to make room.
    Waiting,
    /// It was reset, timed out, or is closed with bytes left over.
    Broken,
}

/// Looks once. Takes the socket's pending error, if it has one.
pub(crate) fn look(tcp: &impl AsFd) -> Look {
    match sockopt::SocketError.get(tcp) {
        Ok(0) => queue(tcp),
        Ok(_) | Err(_) => Look::Broken,
    }
}

#[cfg(target_os = "linux")]
fn queue(tcp: &impl AsFd) -> Look {
    /// `TCP_CLOSE` of `enum tcp_state`.
    const CLOSED: u8 = 7;
    match linux::TcpInfo.get(tcp) {
        // A peer without room makes bytes wait unsent while nothing is unacknowledged, so both must be zero.
        Ok(words) if words[linux::UNACKED] == 0 && words[linux::UNSENT_BYTES] == 0 => Look::Empty,
        Ok(words) if words[linux::STATE].to_ne_bytes()[0] == CLOSED => Look::Broken,
        Ok(_) => Look::Waiting,
        Err(_) => Look::Broken,
    }
}

/// Other kernels tell only of errors: there mail counts as taken if none shows up while the caller looks.
#[cfg(not(target_os = "linux"))]
fn queue(_: &impl AsFd) -> Look {
    Look::Empty
}

#[cfg(target_os = "linux")]
mod linux {
    use nix::libc;
    use nix::sys::socket::sockopt::GetStruct;

    /// `struct tcp_info` as far as `tcpi_min_rtt` (Linux 4.6 and later): libc's own binding ends before
    /// `tcpi_notsent_bytes`. Read as plain words, so that whatever the kernel writes is a valid value.
    type Words = [u32; 38];

    /// `tcpi_state` is the first byte of this word.
    pub(super) const STATE: usize = 0;
    /// `tcpi_unacked`, in segments.
    pub(super) const UNACKED: usize = 6;
    /// `tcpi_notsent_bytes`.
    pub(super) const UNSENT_BYTES: usize = 36;

    /// The socket option `TCP_INFO`.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct TcpInfo;

    nix::getsockopt_impl!(TcpInfo, libc::IPPROTO_TCP, libc::TCP_INFO, Words, GetStruct<Words>);
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (listener.accept().unwrap().0, client)
    }

    /// Looks until it is as wanted, for two seconds at most.
    async fn becomes(tcp: &TcpStream, wanted: Look) -> bool {
        for _ in 0..200 {
            if look(tcp) == wanted {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    #[tokio::test]
    async fn what_the_peer_acknowledged_has_left_the_queue() {
        let (mut server, _client) = pair();
        server.write_all(b"mail").unwrap();
        assert!(becomes(&server, Look::Empty).await);
    }

    #[tokio::test]
    async fn a_peer_without_room_keeps_the_queue_full() {
        let (server, _client) = pair();
        server.set_nonblocking(true).unwrap();
        while (&server).write(&[0; 65536]).is_ok() {}
        // By now everything that was sent is acknowledged, and the rest waits for room.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(look(&server), Look::Waiting);
    }

    #[tokio::test]
    async fn a_peer_that_dies_with_bytes_unread_breaks_it() {
        let (mut server, client) = pair();
        server.write_all(b"mail").unwrap();
        assert!(becomes(&server, Look::Empty).await);
        drop(client);
        assert!(becomes(&server, Look::Broken).await);
    }
}
