use crate::value::{Value, items};

/// Base addresses of servers, each written like `http://10.0.0.5:8765`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses(pub Vec<String>);

impl Value for Addresses {
    const EXPECTED: &'static str = "http or https addresses, separated by commas";
    const LIST: bool = true;
    const OPTIONAL: bool = true;

    fn parse(text: &str) -> Option<Self> {
        let items: Vec<_> = items(text).map(str::to_owned).collect();
        items.iter().all(|item| is_address(item)).then_some(Self(items))
    }
}

fn is_address(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_http_are_told_from_anything_else() {
        let good = "http://10.0.0.5:8765, https://dock.example.org/in";
        assert_eq!(Addresses::parse(good).map(|list| list.0.len()), Some(2));
        assert_eq!(Addresses::parse(""), Some(Addresses::default()));
        for bad in ["10.0.0.5:8765", "ws://dock", "http://", "http://dock/?x=1"] {
            assert_eq!(Addresses::parse(bad), None, "{bad}");
        }
    }
}
