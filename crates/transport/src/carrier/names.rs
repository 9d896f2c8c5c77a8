//! From a host's name to addresses that may be dialled.

use std::net::{IpAddr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// The system's resolver, less the addresses that must not be dialled. What it lets through is what is connected to: no second
/// look-up comes between.
#[derive(Debug)]
pub(super) struct Names {
    allow_private: bool,
}

/// Why a host has no address for us.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAddress {
    /// All that it has may not be dialled.
    #[error("the address may not be dialled")]
    Forbidden,
    /// It has none, or nobody knows.
    #[error("the name does not resolve")]
    Unknown,
}

impl Names {
    pub(super) fn new(allow_private: bool) -> Self {
        Self { allow_private }
    }

    /// Checks a host that is an address itself: such a one is never resolved.
    pub(super) fn check_literal(&self, url: &Url) -> Result<(), NoAddress> {
        match literal(url) {
            Some(address) if !self.may_dial(address) => Err(NoAddress::Forbidden),
            _ => Ok(()),
        }
    }

    /// The addresses of a URL's host, with its port.
    pub(super) async fn of_url(&self, url: &Url) -> Result<Vec<SocketAddr>, NoAddress> {
        let port = url.port_or_known_default().ok_or(NoAddress::Unknown)?;
        match literal(url) {
            Some(address) => self.filter(vec![SocketAddr::new(address, port)]),
            None => self.look_up(url.host_str().ok_or(NoAddress::Unknown)?, port).await,
        }
    }

    async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NoAddress> {
        let found = tokio::net::lookup_host((host, port)).await.map_err(|_| NoAddress::Unknown)?;
        self.filter(found.collect())
    }

    fn filter(&self, mut found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, NoAddress> {
        if found.is_empty() {
            return Err(NoAddress::Unknown);
        }
        found.retain(|address| self.may_dial(address.ip()));
        if found.is_empty() { Err(NoAddress::Forbidden) } else { Ok(found) }
    }

    fn may_dial(&self, address: IpAddr) -> bool {
        self.allow_private || is_public(address)
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let names = Self { ..*self };
        Box::pin(async move {
            // Port 0 is replaced by the URL's.
            let addresses: Addrs = Box::new(names.look_up(name.as_str(), 0).await?.into_iter());
            Ok(addresses)
        })
    }
}

/// The host as an address, if it is one in any of its spellings (the URL parser has normalised them).
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbidden(url: &str) -> bool {
        Names::new(false).check_literal(&Url::parse(url).unwrap()).is_err()
    }

    #[test]
    fn an_address_is_seen_through_its_spelling() {
        for spelling in [
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "ws://127.1/",
            "http://[::1]/",
        ] {
            assert!(forbidden(spelling), "{spelling}");
        }
    }

    #[test]
    fn a_public_address_is_let_through() {
        assert!(!forbidden("http://1.1.1.1/"));
        assert!(!forbidden("https://[2606:4700::1111]:8443/"));
    }

    #[tokio::test]
    async fn a_name_for_this_machine_is_refused_when_it_is_resolved() {
        let url = Url::parse("ws://localhost:9/").unwrap();
        assert!(matches!(Names::new(false).of_url(&url).await, Err(NoAddress::Forbidden)));
        assert!(Names::new(true).of_url(&url).await.is_ok());
    }
}
