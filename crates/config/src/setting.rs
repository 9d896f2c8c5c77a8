//! A setting is a value.

use crate::sections::SECTIONS;

/// Everything there is to say about one setting.
#[derive(Debug)]
pub struct Setting {
    /// The TOML table it stands in; a table in a table is written with a dot.
    pub section: &'static str,
    /// Its key in that table.
    pub key: &'static str,
    /// What it does, with units; the first line is a sentence of its own.
    pub help: &'static str,
    /// The default as an operator would write it; empty if unset.
    pub default: &'static str,
    /// What may be written, as the rest of "expected …".
    pub expected: &'static str,
    /// The flag, without dashes.
    pub flag: Option<&'static str>,
    /// A short environment variable that is not made from the flag.
    pub short_env: Option<&'static str>,
    /// A number or a boolean: stands in TOML without quotes.
    pub bare: bool,
    /// Several values, separated by commas; a list in TOML.
    pub list: bool,
    /// Read from the environment only, and never shown.
    pub secret: bool,
    /// The text of a value as it may be shown: without the password in it.
    pub shown: fn(&str) -> String,
}

impl Setting {
    /// `section.key`, the name in messages and after `--set`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// The environment variable: `RESTANTE_SECTION__KEY`.
    pub fn env(&self) -> String {
        format!("RESTANTE_{}", self.path().replace('.', "__")).to_uppercase()
    }

    /// Whether this text of it holds a secret.
    pub fn conceals(&self, text: &str) -> bool {
        self.secret || (self.shown)(text) != text
    }

    /// The short environment variable: a name of its own, or `RESTANTE_` and the flag.
    pub fn short_env(&self) -> Option<String> {
        let from_flag =
            || Some(format!("RESTANTE_{}", self.flag?).to_uppercase().replace('-', "_"));
        self.short_env.map(str::to_owned).or_else(from_flag)
    }

    /// The help on one line.
    pub fn help_line(&self) -> String {
        self.help.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A table of settings.
#[derive(Debug)]
pub struct SectionInfo {
    /// The TOML table.
    pub name: &'static str,
    /// What it is about.
    pub help: &'static str,
    /// Its settings, in the order in which they are shown.
    pub settings: &'static [Setting],
}

/// All sections, in the order in which they are shown.
pub fn sections() -> &'static [&'static SectionInfo] {
    SECTIONS
}

/// All settings.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.settings)
}

/// The settings that have a flag.
pub fn flags() -> impl Iterator<Item = (&'static str, &'static Setting)> {
    settings().filter_map(|setting| Some((setting.flag?, setting)))
}

/// The setting with this `section.key`.
pub fn find(path: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.path() == path)
}

/// Makes a section's struct, its [`SectionInfo`] and its reader from one table.
///
/// ```text
/// section! {
///     /// What the section is about.
///     Listen "listen" {
///         /// What the setting does, with units.
///         address: SocketAddr = "127.0.0.1:8080", flag "listen";
///     }
/// }
/// ```
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $Section:ident $name:literal {
            $(
                $(#[doc = $help:literal])+
                $key:ident : $Type:ty = $default:literal $(, flag $flag:literal)? $(, env $env:literal)? $(, secret $secret:literal)? ;
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub struct $Section {
            $(
                $(#[doc = $help])+
                pub $key: $Type,
            )+
        }

        impl $Section {
            /// The table this section is made from.
            pub(crate) const INFO: $crate::setting::SectionInfo = $crate::setting::SectionInfo {
                name: $name,
                help: concat!($($about, "\n"),+),
                settings: &[
                    $($crate::setting::Setting {
                        section: $name,
                        key: stringify!($key),
                        help: concat!($($help, "\n"),+),
                        default: $default,
                        expected: <$Type as $crate::value::Value>::EXPECTED,
                        flag: $crate::setting::optional!($($flag)?),
                        short_env: $crate::setting::optional!($($env)?),
                        bare: <$Type as $crate::value::Value>::BARE,
                        list: <$Type as $crate::value::Value>::LIST,
                        secret: $crate::setting::given!($($secret)?),
                        shown: <$Type as $crate::value::Value>::shown,
                    }),+
                ],
            };

            /// Parses every setting of the section; `None` if one of them does not parse, which the reader has noted.
            pub(crate) fn read(reader: &mut $crate::layers::Reader<'_>) -> Option<Self> {
                let mut settings = Self::INFO.settings.iter();
                $(let $key = settings.next().and_then(|setting| reader.read::<$Type>(setting));)+
                Some(Self { $($key: $key?),+ })
            }
        }
    };
}

macro_rules! optional {
    () => {
        None
    };
    ($given:literal) => {
        Some($given)
    };
}

macro_rules! given {
    () => {
        false
    };
    ($given:literal) => {
        $given
    };
}

pub(crate) use {given, optional, section};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_settings_share_a_name_a_flag_or_an_environment_variable() {
        let mut seen = HashSet::new();
        for setting in settings() {
            assert!(seen.insert(setting.path()), "{}", setting.path());
            assert!(seen.insert(setting.env()), "{}", setting.env());
            assert!(setting.short_env().is_none_or(|env| seen.insert(env)), "{}", setting.path());
            assert!(
                setting.flag.is_none_or(|flag| seen.insert(flag.to_owned())),
                "{}",
                setting.path()
            );
        }
    }

    #[test]
    fn no_secret_has_a_flag() {
        assert!(settings().all(|setting| !(setting.secret && setting.flag.is_some())));
    }

    #[test]
    fn every_help_is_a_sentence() {
        for setting in settings() {
            assert!(setting.help_line().ends_with('.'), "{}: {}", setting.path(), setting.help);
        }
    }
}
