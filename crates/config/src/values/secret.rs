use std::fmt;

use zeroize::Zeroizing;

use crate::value::Value;

/// A text that is never shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Value for Secret {
    const EXPECTED: &'static str = "a text without line breaks";

    fn parse(text: &str) -> Option<Self> {
        (!text.contains(['\n', '\r'])).then(|| Self(Zeroizing::new(text.to_owned())))
    }
}
