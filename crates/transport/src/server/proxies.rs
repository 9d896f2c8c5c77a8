//! Who really is at the other end, when a reverse proxy stands between.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use hyper::header::HeaderMap;

/// A range of addresses: `10.0.0.0/8`, `fd00::/8`, or a single one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

/// The text is no range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a range of addresses such as 10.0.0.0/8")]
pub struct NotANetwork;

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(most), str::parse).map_err(|_| NotANetwork)?;
        if prefix > most { Err(NotANetwork) } else { Ok(Self { address, prefix }) }
    }
}

impl Network {
    /// Whether the address is in the range. A mapped IPv4 address counts as that.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

/// Whether this is one of the proxies.
pub(crate) fn is_proxy(proxies: &[Network], address: IpAddr) -> bool {
    proxies.iter().any(|proxy| proxy.contains(address))
}

/// The address that a request came from: the nearest one in `X-Forwarded-For` that is not one of our proxies. What a stranger
/// wrote there himself stands further out and is not looked at.
pub(crate) fn origin(proxies: &[Network], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let lines =
        headers.get_all("x-forwarded-for").into_iter().rev().filter_map(|line| line.to_str().ok());
    let mut hops = lines.flat_map(|line| line.rsplit(',')).map_while(hop);
    let mut nearest = peer;
    while is_proxy(proxies, nearest) {
        let Some(next) = hops.next() else { break };
        nearest = next;
    }
    nearest
}

/// An address, with or without a port.
fn hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse().ok().map(|hop: SocketAddr| hop.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, lines: &[&'static str]) -> String {
        let proxies = ["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        origin(&proxies, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed_about_himself() {
        assert_eq!(from("192.0.2.1", &["198.51.100.1"]), "192.0.2.1");
    }

    #[test]
    fn a_proxy_is_believed_about_its_neighbour_only() {
        assert_eq!(from("127.0.0.1", &["203.0.113.9, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(from("127.0.0.1", &["203.0.113.9", "198.51.100.1, 10.1.2.3"]), "198.51.100.1");
        assert_eq!(from("::ffff:127.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
    }

    #[test]
    fn a_proxy_that_says_nothing_useful_stands_for_itself() {
        assert_eq!(from("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &["198.51.100.1, unknown"]), "127.0.0.1");
    }

    #[test]
    fn ranges_end_where_they_say() {
        let range: Network = "172.16.0.0/12".parse().unwrap();
        assert!(range.contains("172.31.255.255".parse().unwrap()));
        assert!(!range.contains("172.32.0.0".parse().unwrap()));
        let all: Network = "::/0".parse().unwrap();
        assert!(
            all.contains("2001:db8::1".parse().unwrap())
                && !all.contains("192.0.2.1".parse().unwrap())
        );
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "localhost", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1"] {
            assert_eq!(text.parse::<Network>(), Err(NotANetwork), "{text}");
        }
    }
}
