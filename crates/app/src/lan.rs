//! This machine's address in its own network.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use crate::exit::Misuse;

/// Where the routing table is asked about: documentation addresses for the default route, then the private networks for
/// a machine that has none.
const FAR_AWAY: [Ipv4Addr; 4] = [
    Ipv4Addr::new(192, 0, 2, 1),
    Ipv4Addr::new(192, 168, 255, 254),
    Ipv4Addr::new(10, 255, 255, 254),
    Ipv4Addr::new(172, 31, 255, 254),
];

/// The address by which other devices reach this machine. Connecting a UDP socket only asks the routing table: no packet is sent.
///
/// # Errors
/// If this machine has no address but the loopback one.
pub fn address() -> Result<IpAddr, Misuse> {
    let nowhere = "this machine has no address in a network; name one yourself, as in --listen 192.168.1.20:8080";
    FAR_AWAY.into_iter().find_map(towards).ok_or_else(|| Misuse(nowhere.to_owned()))
}

fn towards(target: Ipv4Addr) -> Option<IpAddr> {
    const ANY_PORT: u16 = 9;
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((target, ANY_PORT)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_one_that_others_can_dial() {
        if let Ok(ip) = address() {
            assert!(!ip.is_loopback() && !ip.is_unspecified(), "{ip}");
        }
        assert_eq!(towards(Ipv4Addr::LOCALHOST), None);
    }
}
