//! What stands in the streams.

use std::collections::HashMap;

use bytes::Bytes;
use store::{CacheKey, QueueName, Result};

use super::Generations;
use crate::shared::senseless;

/// A place in a stream: milliseconds and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Place(u64, u64);

impl Place {
    pub fn read(text: &str) -> Result<Self> {
        let parsed = text.split_once('-').and_then(|(milliseconds, number)| {
            Some(Self(milliseconds.parse().ok()?, number.parse().ok()?))
        });
        parsed.ok_or_else(|| senseless("an id in a stream"))
    }

    pub fn text(self) -> String {
        format!("{}-{}", self.0, self.1)
    }
}

/// Streams by name, each with its entries: id, and fields and values.
pub(super) type Entries = HashMap<Vec<u8>, Vec<(String, Vec<Vec<u8>>)>>;

/// What an entry says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// Who says it.
    pub from: String,
    /// Entries that are void.
    pub keys: Vec<CacheKey>,
    /// A space that is cleared.
    pub space: Option<String>,
    /// How often it was, this time included.
    pub generation: u64,
    /// A queue that has work.
    pub queue: Option<QueueName>,
    /// Somebody who has heard.
    pub who: Option<String>,
    /// Up to where.
    pub up_to: Option<Place>,
}

impl News {
    /// Reads fields and values. What is not understood is passed over: a newer version may have written it.
    pub fn read(fields: &[Vec<u8>]) -> Self {
        let mut news = Self::default();
        for [field, value] in fields.as_chunks::<2>().0 {
            let text = std::str::from_utf8(value).ok();
            match (field.as_slice(), text) {
                (b"k", _) => news.keys.extend(CacheKey::from_bytes(Bytes::copy_from_slice(value))),
                (b"f", Some(text)) => text.clone_into(&mut news.from),
                (b"c", Some(text)) => news.space = Some(text.to_owned()),
                (b"g", Some(text)) => news.generation = text.parse().unwrap_or_default(),
                (b"q", Some(text)) => news.queue = text.parse().ok(),
                (b"w", Some(text)) => news.who = Some(text.to_owned()),
                (b"p", Some(text)) => news.up_to = Place::read(text).ok(),
                _ => {}
            }
        }
        news
    }
}

/// Reads a hash of generations.
pub(super) fn generations(flat: &[Vec<u8>]) -> Generations {
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse().ok();
    let pairs = flat.as_chunks::<2>().0.iter();
    pairs.filter_map(|[space, text]| Some((space.clone(), number(text)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(texts: &[&str]) -> Vec<Vec<u8>> {
        texts.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    #[test]
    fn an_eviction_is_read_and_what_is_unknown_passed_over() {
        let key = CacheKey::new("a", b"1");
        let text = std::str::from_utf8(key.as_bytes()).unwrap();
        let news = News::read(&fields(&["f", "me", "k", text, "k", "\u{9}x", "new", "1", "odd"]));
        assert_eq!(news, News { from: "me".into(), keys: vec![key], ..News::default() });
    }

    #[test]
    fn places_are_ordered_as_numbers() {
        let place = |text| Place::read(text).unwrap();
        assert!(place("9-10") < place("10-2") && place("10-2") < place("10-11"));
        assert_eq!(place("10-2").text(), "10-2");
        assert!(Place::read("10").is_err());
    }
}
