use std::fmt;
use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use crate::value::Value;

/// The URL under which the world reaches the mediator: `http` or `https`, a host, perhaps a port and a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// The URL of a mediator that is reached directly at `address`.
    pub fn direct(address: SocketAddr, tls: bool) -> Option<Self> {
        let scheme = if tls { "https" } else { "http" };
        Self::parse(&format!("{scheme}://{address}"))
    }

    /// The same place for WebSockets: `ws` or `wss`.
    pub fn socket(&self) -> String {
        self.to_string().replacen("http", "ws", 1)
    }

    /// The path, without a slash at its end; empty for the root.
    pub fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// Whether TLS is spoken there.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it names this machine itself, so that no other device can reach it.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }

    /// Whether it names an address that is not reachable from the Internet.
    pub fn is_private(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(ip)) => ip.is_private() || ip.is_link_local() || ip.is_loopback(),
            Some(Host::Ipv6(ip)) => {
                ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
            _ => self.is_loopback(),
        }
    }

    /// Whether it names "any address", which nobody can dial.
    fn is_unspecified(&self) -> bool {
        let ip = match self.0.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            _ => return false,
        };
        ip.is_unspecified()
    }
}

impl fmt::Display for PublicUrl {
    /// Without a slash at the end: agents compare endpoints as text, and this is how they are usually written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl Value for PublicUrl {
    const EXPECTED: &'static str = "an http or https URL that others can dial, without user, query or fragment, such as https://mediator.example.org";

    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.port() != Some(0);
        let url = Self(url);
        (plain && !url.is_unspecified()).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> PublicUrl {
        PublicUrl::parse(text).unwrap()
    }

    #[test]
    fn sockets_go_where_posts_go() {
        assert_eq!(url("https://m.example.org").socket(), "wss://m.example.org");
        assert_eq!(url("http://10.0.0.1:8080/mail/").socket(), "ws://10.0.0.1:8080/mail");
        assert_eq!(url("http://http.example/").to_string(), "http://http.example");
    }

    #[test]
    fn what_nobody_can_dial_is_refused() {
        for bad in [
            "m.example.org",
            "ftp://m.example.org",
            "https://",
            "https://u:p@m.example.org",
            "https://m.example.org/?a=b",
            "https://m.example.org/#x",
            "http://0.0.0.0:8080",
            "http://[::]:8080",
            "http://m.example.org:0",
        ] {
            assert_eq!(PublicUrl::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn this_machine_and_this_network_are_told_apart() {
        assert!(url("http://127.0.0.1:8080").is_loopback());
        assert!(url("http://[::1]:8080").is_loopback());
        assert!(url("http://localhost").is_loopback());
        assert!(!url("http://192.168.1.5:8080").is_loopback());
        assert!(url("http://192.168.1.5:8080").is_private());
        assert!(!url("https://m.example.org").is_private());
    }
}
