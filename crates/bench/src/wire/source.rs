//! Where sockets come from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A source address has 28,000 ports towards one destination. The kernel searches for a free one, which takes it milliseconds long before
/// the last is taken.
const SOCKETS_PER_ADDRESS: u32 = 2_000;

/// Source addresses for many sockets to one place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources {
    /// How many sockets there will be.
    pub sockets: u32,
}

impl Sources {
    /// The source address of this socket; `None` if the system may choose. Many sockets to this machine itself are spread over its
    /// loopback addresses, of which there are 2^24.
    pub fn of(self, number: u32, to: SocketAddr) -> Option<SocketAddr> {
        let spread =
            self.sockets > SOCKETS_PER_ADDRESS && to.ip().is_ipv4() && to.ip().is_loopback();
        spread.then(|| {
            let [_, b, c, d] = (2 + number / SOCKETS_PER_ADDRESS).to_be_bytes();
            SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, b, c, d)), 0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sockets: u32, number: u32, to: &str) -> Option<String> {
        let source = Sources { sockets }.of(number, to.parse().unwrap());
        source.map(|source| source.to_string())
    }

    #[test]
    fn many_sockets_to_this_machine_come_from_many_addresses() {
        assert_eq!(of(60_000, 0, "127.0.0.1:80").as_deref(), Some("127.0.0.2:0"));
        assert_eq!(of(60_000, 2_000, "127.0.0.1:80").as_deref(), Some("127.0.0.3:0"));
        assert_eq!(of(10_000_000, 9_999_999, "127.0.0.1:80").as_deref(), Some("127.0.19.137:0"));
    }

    #[test]
    fn few_sockets_or_another_machine_leave_it_to_the_system() {
        assert_eq!(of(2_000, 1_999, "127.0.0.1:80"), None);
        assert_eq!(of(60_000, 20_000, "192.0.2.1:80"), None);
        assert_eq!(of(60_000, 20_000, "[::1]:80"), None);
    }
}
