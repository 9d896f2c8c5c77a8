//! Headers that somebody else has chosen.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Headers of a request, as its author wrote them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(HeaderMap);

/// More of them, or longer ones, are refused.
const MOST: usize = 64;
const BYTES: usize = 16 * 1024;

/// What belongs to one connection, or frames the body: said by us alone, lest two readers disagree on where a request ends.
const OURS: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Why headers are refused. Names no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// No HTTP header has such a name or value.
    #[error("header {0:?} is no header of HTTP")]
    Malformed(String),
    /// It is not the author's to say.
    #[error("header {0:?} belongs to the connection")]
    OfTheConnection(String),
    /// More than 64, or more than 16 KiB.
    #[error("the headers are too many, or too long")]
    TooMany,
}

impl Headers {
    /// Takes names with values.
    ///
    /// # Errors
    ///
    /// The first that no request may carry, or that they are too many.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, BadHeader> {
        let (mut headers, mut bytes) = (HeaderMap::new(), 0);
        for (name, value) in pairs {
            bytes += name.len() + value.len();
            if headers.len() >= MOST || bytes > BYTES {
                return Err(BadHeader::TooMany);
            }
            let (name, value) = header(name, value)?;
            headers.append(name, value);
        }
        Ok(Self(headers))
    }

    /// Names with values; values that are no text are left out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    pub(super) fn map(&self) -> &HeaderMap {
        &self.0
    }

    pub(super) fn received(map: HeaderMap) -> Self {
        Self(map)
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), BadHeader> {
    let shown = || name.chars().take(64).collect::<String>().to_lowercase();
    if OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name)) {
        return Err(BadHeader::OfTheConnection(shown()));
    }
    let parsed = name.parse().ok().zip(value.parse().ok());
    parsed.ok_or_else(|| BadHeader::Malformed(shown()))
}

impl std::fmt::Debug for Headers {
    /// The names alone: values may be keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_frame_a_request_are_not_the_authors_to_say() {
        for name in OURS {
            let refused = Headers::new([(name.to_uppercase().as_str(), "1")]);
            assert!(matches!(refused, Err(BadHeader::OfTheConnection(_))), "{name}");
        }
    }

    #[test]
    fn a_value_cannot_smuggle_a_second_header() {
        let refused = Headers::new([("x-api-key", "a\r\nhost: b")]);
        assert_eq!(refused, Err(BadHeader::Malformed("x-api-key".to_owned())));
        assert!(Headers::new([("x y", "a")]).is_err());
    }

    #[test]
    fn too_many_are_refused_and_values_are_not_shown() {
        let names: Vec<_> = (0..65).map(|number| format!("x-{number}")).collect();
        let many = names.iter().map(|name| (name.as_str(), "v"));
        assert_eq!(Headers::new(many), Err(BadHeader::TooMany));
        let long = "v".repeat(BYTES);
        assert_eq!(Headers::new([("x", long.as_str())]), Err(BadHeader::TooMany));
        let one = Headers::new([("x-api-key", "hunter2")]).unwrap();
        assert_eq!(format!("{one:?}"), "[\"x-api-key\"]");
    }
}
