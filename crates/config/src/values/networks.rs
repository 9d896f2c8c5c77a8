use std::net::IpAddr;

use crate::value::{Value, items};

/// Addresses and networks, each written like `10.0.0.1` or `10.0.0.0/8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<String>);

impl Value for Networks {
    const EXPECTED: &'static str =
        "IP addresses or networks, such as 127.0.0.1 or 10.0.0.0/8, separated by commas";
    const LIST: bool = true;
    const OPTIONAL: bool = true;

    fn parse(text: &str) -> Option<Self> {
        let items: Vec<_> = items(text).map(str::to_owned).collect();
        items.iter().all(|item| is_network(item)).then_some(Self(items))
    }
}

fn is_network(text: &str) -> bool {
    let (address, prefix) =
        text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|prefix| prefix <= most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks_are_told_from_anything_else() {
        assert_eq!(
            Networks::parse("127.0.0.1, 10.0.0.0/8,::1,fd00::/8").map(|list| list.0.len()),
            Some(4)
        );
        assert_eq!(Networks::parse(""), Some(Networks::default()));
        for bad in ["proxy.example.org", "10.0.0.0/33", "10.0.0.0/", "10.0.0", "::1/129"] {
            assert_eq!(Networks::parse(bad), None, "{bad}");
        }
    }
}
