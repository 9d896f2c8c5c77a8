//! What is wrong with a configuration, in words that say what to change.

use std::fmt;

use crate::layers::Source;
use crate::setting::{Setting, settings};

/// One thing to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no such setting.
    #[error("{origin}: there is no setting `{name}`{}", hint(.suggestion.as_deref()))]
    Unknown {
        /// Where it was written.
        origin: Source,
        /// What was written.
        name: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// The text is no value of this setting.
    #[error("{origin}: `{name}` is {written}, expected {expected}")]
    Bad {
        /// Where it was written.
        origin: Source,
        /// `section.key`.
        name: String,
        /// What was written, quoted; nothing of it if it is a secret.
        written: String,
        /// What may be written.
        expected: &'static str,
    },
    /// A secret where it does not belong.
    #[error(
        "{origin}: `{name}` {what} and may only come from the environment ({env}) or from a file of its own"
    )]
    Misplaced {
        /// Where it was written.
        origin: Source,
        /// `section.key`.
        name: String,
        /// What about it is secret.
        what: &'static str,
        /// Where it may be written.
        env: String,
    },
    /// Two names of one environment variable are both set.
    #[error("{0} and {1} are two names of one setting: set only one of them")]
    Twice(String, String),
    /// The file is not TOML.
    #[error("{origin}: {message}")]
    Syntax {
        /// Where.
        origin: Source,
        /// Why.
        message: String,
    },
    /// Settings that do not go together.
    #[error("{0}")]
    Unfit(String),
}

impl Problem {
    pub(crate) fn bad(setting: &Setting, text: &str, origin: Source) -> Self {
        let written = match text {
            _ if setting.secret => "not usable".to_owned(),
            "" => "empty".to_owned(),
            text => format!("{:?}", (setting.shown)(text)),
        };
        Self::Bad { origin, name: setting.path(), written, expected: setting.expected }
    }

    /// A secret that was written where others read it.
    pub(crate) fn misplaced(setting: &Setting, origin: Source) -> Self {
        let what = if setting.secret { "is a secret" } else { "holds a password" };
        Self::Misplaced { origin, name: setting.path(), what, env: setting.env() }
    }

    /// An unknown `section.key`.
    pub(crate) fn unknown_path(name: String, origin: Source) -> Self {
        let suggestion = closest_path(&name);
        Self::Unknown { origin, name, suggestion }
    }

    /// An unknown environment variable.
    pub(crate) fn unknown_env(name: String) -> Self {
        let names =
            settings().flat_map(|setting| [Some(setting.env()), setting.short_env()]).flatten();
        let suggestion = closest(&name, names);
        Self::Unknown { origin: Source::Env(name.clone()), name, suggestion }
    }
}

fn hint(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// The right key under the wrong section is a better guess than a similar spelling.
fn closest_path(name: &str) -> Option<String> {
    let key = name.rsplit('.').next().unwrap_or(name);
    let elsewhere = settings().find(|setting| setting.key == key).map(Setting::path);
    elsewhere.or_else(|| closest(name, settings().map(Setting::path)))
}

/// The most similar of `names`, if it is similar enough to be a slip of the finger.
pub(crate) fn closest(name: &str, names: impl Iterator<Item = String>) -> Option<String> {
    const SIMILAR: f64 = 0.6;
    names
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, &candidate), candidate))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// Everything that is wrong, so that one attempt shows all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "{one}"),
            many => {
                write!(f, "{} settings need a change:", many.len())?;
                many.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}
