//! Addresses from which many may come.

use config::Config;
use transport::Limits;

/// Lets one address use what all may together. Docks and relays stand behind a proxy as a rule, often in the place of a program without such
/// limits, and everybody comes from its address. Where proxies are named, the addresses are those of wallets and senders; what an operator
/// has set to something else than the default holds.
pub fn spare_proxies(config: &Config, limits: &mut Limits) {
    if !config.listen.proxies.0.is_empty() {
        return;
    }
    let usual = Limits::default();
    if limits.sockets_per_address == usual.sockets_per_address {
        limits.sockets_per_address = limits.sockets;
    }
    if limits.connections_per_address == usual.connections_per_address {
        limits.connections_per_address = limits.connections;
    }
}

#[cfg(test)]
mod tests {
    use config::{FlagValue, Sources};

    use super::*;

    fn limits_with(settings: &[(&str, &str)]) -> Limits {
        let flag = |(path, text): &(&str, &str)| FlagValue {
            typed: format!("--set {path}"),
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        let flags = settings.iter().map(flag).collect();
        let config = config::load(Sources { flags, ..Sources::default() }).unwrap().config;
        let mut limits = Limits {
            sockets_per_address: config.transport.sockets_per_address,
            connections_per_address: config.transport.connections_per_address,
            ..Limits::default()
        };
        spare_proxies(&config, &mut limits);
        limits
    }

    #[test]
    fn a_proxy_that_nobody_has_named_is_not_limited_as_one_address() {
        let limits = limits_with(&[]);
        assert_eq!(limits.sockets_per_address, limits.sockets);
        assert_eq!(limits.connections_per_address, limits.connections);
    }

    #[test]
    fn a_limit_that_was_set_holds_and_so_do_all_behind_proxies_that_were_named() {
        let set = limits_with(&[
            ("transport.sockets_per_address", "7"),
            ("transport.connections_per_address", "8"),
        ]);
        assert_eq!((set.sockets_per_address, set.connections_per_address), (7, 8));
        let (named, usual) = (limits_with(&[("listen.proxies", "10.0.0.0/8")]), Limits::default());
        assert_eq!(named.sockets_per_address, usual.sockets_per_address);
        assert_eq!(named.connections_per_address, usual.connections_per_address);
    }
}
