//! How a setting's text becomes a value.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A type that a setting may have.
///
/// An empty text never reaches [`Value::parse`] except for `Option`, where it means "not set".
pub trait Value: Sized {
    /// What may be written, as the rest of "expected …".
    const EXPECTED: &'static str;
    /// A number or a boolean: stands in TOML without quotes.
    const BARE: bool = false;
    /// Several values, separated by commas; a list in TOML.
    const LIST: bool = false;
    /// Whether an empty text is a value.
    const OPTIONAL: bool = false;

    /// The value, or `None` if the text is not what [`Value::EXPECTED`] says.
    fn parse(text: &str) -> Option<Self>;

    /// The text as it may be shown, whether it parses or not: without a password that may stand in it.
    fn shown(text: &str) -> String {
        text.to_owned()
    }
}

impl<T: Value> Value for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const BARE: bool = T::BARE;
    const LIST: bool = T::LIST;
    const OPTIONAL: bool = true;

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::parse(text).map(Some) }
    }

    fn shown(text: &str) -> String {
        T::shown(text)
    }
}

impl Value for String {
    const EXPECTED: &'static str = "a text without control characters";
    fn parse(text: &str) -> Option<Self> {
        (!text.chars().any(char::is_control)).then(|| text.to_owned())
    }
}

impl Value for PathBuf {
    const EXPECTED: &'static str = "a path";
    fn parse(text: &str) -> Option<Self> {
        Some(Self::from(text))
    }
}

impl Value for SocketAddr {
    const EXPECTED: &'static str = "an IP address and a port, such as 127.0.0.1:8080 or [::]:8080";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for bool {
    const EXPECTED: &'static str = "true or false";
    const BARE: bool = true;
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// Counts and limits: 0 would switch off what the limit is about, which no operator wants by mistake.
impl Value for usize {
    const EXPECTED: &'static str = "a whole number from 1 to 4294967295";
    const BARE: bool = true;
    fn parse(text: &str) -> Option<Self> {
        let number: u32 = text.replace('_', "").parse().ok()?;
        (number > 0).then(|| usize::try_from(number).ok()).flatten()
    }
}

impl Value for Duration {
    const EXPECTED: &'static str = "a time from 1ms to 3650days, such as 500ms, 15s, 5min or 30d";
    fn parse(text: &str) -> Option<Self> {
        let time = humantime::parse_duration(text).ok()?;
        let allowed = Self::from_millis(1)..=Self::from_secs(3650 * 24 * 3600);
        allowed.contains(&time).then_some(time)
    }
}

/// What stands between the commas.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_carry_units() {
        assert_eq!(Duration::parse("30d"), Some(Duration::from_secs(30 * 86_400)));
        assert_eq!(Duration::parse("1m 30s"), Some(Duration::from_secs(90)));
        assert_eq!(Duration::parse("30"), None);
        assert_eq!(Duration::parse("0s"), None);
        assert_eq!(Duration::parse("99999999999999999y"), None);
    }

    #[test]
    fn a_limit_of_nothing_is_refused() {
        assert_eq!(usize::parse("0"), None);
        assert_eq!(usize::parse("-1"), None);
        assert_eq!(usize::parse("10_000"), Some(10_000));
    }

    #[test]
    fn an_option_may_be_empty() {
        assert_eq!(Option::<String>::parse(""), Some(None));
        assert_eq!(Option::<usize>::parse("x"), None);
    }
}
