use crate::value::{Value, items};

/// Addresses to listen on: a host and a port each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Binds(pub Vec<(String, u16)>);

impl Value for Binds {
    const EXPECTED: &'static str = "hosts with ports, such as 0.0.0.0:8021, separated by commas, or a JSON array such as [[\"http\", \"0.0.0.0\", \"8021\"]]";
    const OPTIONAL: bool = true;

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.starts_with('[') || text.starts_with("[:") {
            return items(text).map(bind).collect::<Option<_>>().map(Self);
        }
        let items = split_array(text)?;
        items.iter().map(|item| transport(item)).collect::<Option<_>>().map(Self)
    }
}

fn bind(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host.trim_matches(['[', ']']);
    (!host.is_empty()).then_some((host.to_owned(), port.parse().ok()?))
}

/// The arrays in an array. None of their texts may hold a bracket, nor need one.
fn split_array(text: &str) -> Option<Vec<&str>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let items = inner.split(']').map(|item| item.trim_start_matches([',', ' ', '\n', '\t']));
    let (items, rest): (Vec<_>, Vec<_>) = items.partition(|item| item.starts_with('['));
    rest.iter().all(|item| item.trim().is_empty()).then_some(items)
}

/// `["http", "0.0.0.0", "8021"`: what kind, where, and the port, which may be a number too.
fn transport(text: &str) -> Option<(String, u16)> {
    let parts: Vec<_> =
        text.strip_prefix('[')?.split(',').map(|part| part.trim().trim_matches('"')).collect();
    let [kind, host, port] = parts[..] else { return None };
    let known = matches!(kind, "http" | "ws") && !host.is_empty() && !host.contains('"');
    known.then_some((host.to_owned(), port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binds(pairs: &[(&str, u16)]) -> Option<Binds> {
        Some(Binds(pairs.iter().map(|(host, port)| ((*host).to_owned(), *port)).collect()))
    }

    #[test]
    fn the_list_of_the_relay_that_is_replaced_is_read() {
        let text = r#"[["http", "0.0.0.0", "8021"], ["ws","localhost","8023"]]"#;
        assert_eq!(Binds::parse(text), binds(&[("0.0.0.0", 8021), ("localhost", 8023)]));
        assert_eq!(Binds::parse(r#"[["http", "0.0.0.0", 80]]"#), binds(&[("0.0.0.0", 80)]));
    }

    #[test]
    fn addresses_are_read_and_all_else_refused() {
        assert_eq!(Binds::parse("0.0.0.0:1, [::1]:2"), binds(&[("0.0.0.0", 1), ("::1", 2)]));
        assert_eq!(Binds::parse("[::]:2"), binds(&[("::", 2)]));
        assert_eq!(Binds::parse(""), binds(&[]));
        for bad in [
            "8021",
            "a:b",
            r#"[["smtp", "a", "1"]]"#,
            r#"[["http", "a"]]"#,
            "[1]",
            r#"["http", "a", "1"]"#,
        ] {
            assert_eq!(Binds::parse(bad), None, "{bad}");
        }
    }
}
