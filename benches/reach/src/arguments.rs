//! What was asked for on the command line: `--name value`, each of which may be left out.

use std::str::FromStr;

/// The arguments after the name of the measurement.
pub struct Arguments(Vec<String>);

impl Arguments {
    /// All that follow `skip` words.
    pub fn after(skip: usize) -> Self {
        Self(std::env::args().skip(skip).collect())
    }

    /// The value of `--name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        let place = self.0.iter().position(|word| word.strip_prefix("--") == Some(name))?;
        self.0.get(place + 1).map(String::as_str)
    }

    /// The value of `--name`, or `usual`.
    ///
    /// # Panics
    /// If it is given and cannot be read.
    pub fn of<T: FromStr>(&self, name: &str, usual: T) -> T {
        self.text(name).map_or(usual, |text| match text.parse() {
            Ok(value) => value,
            Err(_) => panic!("--{name} does not take {text}"),
        })
    }

    /// Every value of `--name`.
    pub fn all(&self, name: &str) -> Vec<String> {
        let pairs = self.0.iter().zip(self.0.iter().skip(1));
        let named = pairs.filter(|(word, _)| word.strip_prefix("--") == Some(name));
        named.map(|(_, value)| value.clone()).collect()
    }
}
