//! Addresses from which many may come.

use config::Config;
use transport::Limits;

/// Says what one address may use: what the operator has set; if nothing, what all may together where everybody may come from one address, and
/// the usual limit where nobody does.
pub fn limit_addresses(config: &Config, all_may_come_from_one: bool, limits: &mut Limits) {
    let (set, usual) = (&config.transport, Limits::default());
    let or_all = |usual, all| if all_may_come_from_one { all } else { usual };
    limits.sockets_per_address = set
        .sockets_per_address
        .unwrap_or_else(|| or_all(usual.sockets_per_address, limits.sockets));
    limits.connections_per_address = set
        .connections_per_address
        .unwrap_or_else(|| or_all(usual.connections_per_address, limits.connections));
}

/// The same for docks and relays. They stand behind a proxy as a rule, often in the place of a program without such limits. Where proxies
/// are named, the addresses are those of wallets and senders.
pub fn limit_addresses_unless_proxied(config: &Config, limits: &mut Limits) {
    limit_addresses(config, config.listen.proxies.0.is_empty(), limits);
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
        let mut limits = Limits::default();
        limit_addresses_unless_proxied(&config, &mut limits);
        limits
    }

    #[test]
    fn a_proxy_that_nobody_has_named_is_not_limited_as_one_address() {
        let limits = limits_with(&[]);
        assert_eq!(limits.sockets_per_address, limits.sockets);
        assert_eq!(limits.connections_per_address, limits.connections);
    }

    #[test]
    fn a_limit_that_was_set_holds_be_it_the_usual_one_and_so_do_all_behind_proxies_that_were_named()
    {
        let usual = Limits::default();
        let usual_one = usual.connections_per_address.to_string();
        let set = limits_with(&[
            ("transport.sockets_per_address", "7"),
            ("transport.connections_per_address", &usual_one),
        ]);
        assert_eq!(set.sockets_per_address, 7);
        assert_eq!(set.connections_per_address, usual.connections_per_address);
        let named = limits_with(&[("listen.proxies", "10.0.0.0/8")]);
        assert_eq!(named.sockets_per_address, usual.sockets_per_address);
        assert_eq!(named.connections_per_address, usual.connections_per_address);
    }
}
