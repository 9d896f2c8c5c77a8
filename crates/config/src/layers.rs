//! Who said what, and who has the last word.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::problem::Problem;
use crate::setting::Setting;
use crate::value::Value;

/// Where a setting's text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// A line of the TOML file.
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// This environment variable.
    Env(String),
    /// This flag, as it was typed.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Env(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A setting's text and its source.
#[derive(Clone)]
pub struct Spoken {
    /// As the operator wrote it.
    pub text: String,
    /// Who said so.
    pub source: Source,
}

/// What all sources said, by `section.key`; later sources overrule earlier ones.
#[derive(Default)]
pub(crate) struct Layers {
    spoken: BTreeMap<String, Spoken>,
    pub(crate) problems: Vec<Problem>,
}

impl Layers {
    pub(crate) fn say(&mut self, setting: &Setting, text: String, source: Source) {
        self.spoken.insert(setting.path(), Spoken { text, source });
    }

    /// The text that counts for `setting`.
    pub(crate) fn heard(&self, setting: &Setting) -> Spoken {
        let default = || Spoken { text: setting.default.to_owned(), source: Source::Default };
        self.spoken.get(&setting.path()).cloned().unwrap_or_else(default)
    }
}

/// Parses settings and notes what does not parse, so that an operator sees every mistake at once.
pub(crate) struct Reader<'a> {
    pub(crate) layers: &'a mut Layers,
}

impl Reader<'_> {
    pub(crate) fn read<T: Value>(&mut self, setting: &'static Setting) -> Option<T> {
        let Spoken { text, source } = self.layers.heard(setting);
        let value = if text.is_empty() && !T::OPTIONAL { None } else { T::parse(&text) };
        if value.is_none() {
            self.layers.problems.push(Problem::bad(setting, &text, source));
        }
        value
    }
}
