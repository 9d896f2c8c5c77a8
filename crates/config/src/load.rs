//! From sources to a checked configuration.

use std::path::PathBuf;

use crate::layers::{Layers, Reader, Source, Spoken};
use crate::problem::{Problem, Problems};
use crate::sections::Config;
use crate::setting::{Setting, find, settings};
use crate::toml_file;

/// What an operator said. The caller reads the file, the environment and the command line.
#[derive(Debug, Default)]
pub struct Sources {
    /// The TOML file and its content.
    pub file: Option<(PathBuf, String)>,
    /// The environment; only names that begin with `RESTANTE_` are looked at.
    pub env: Vec<(String, String)>,
    /// The command line, in its order.
    pub flags: Vec<FlagValue>,
}

/// One setting from the command line.
#[derive(Debug)]
pub struct FlagValue {
    /// What was typed, for messages: `--listen`, or `--set mailbox.retention`.
    pub typed: String,
    /// The setting's `section.key`.
    pub path: String,
    /// The value.
    pub text: String,
}

/// A configuration and where it comes from.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    layers: Origins,
}

struct Origins(Layers);

impl std::fmt::Debug for Origins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Origins(…)")
    }
}

impl Loaded {
    /// What counts for `setting`, and who said so. The text of a secret is not in it.
    pub fn spoken(&self, setting: &Setting) -> Spoken {
        let spoken = self.layers.0.heard(setting);
        if setting.secret && !spoken.text.is_empty() {
            return Spoken { text: "(set, not shown)".to_owned(), ..spoken };
        }
        Spoken { text: (setting.shown)(&spoken.text), ..spoken }
    }
}

/// Merges the sources, parses every setting and checks that they go together.
///
/// # Errors
/// Everything that is wrong at once, each with its source and what to write instead.
pub fn load(sources: Sources) -> Result<Loaded, Problems> {
    let mut layers = Layers::default();
    if let Some((path, text)) = &sources.file {
        toml_file::read(&mut layers, path, text);
    }
    read_env(&mut layers, &sources.env);
    for flag in sources.flags {
        read_flag(&mut layers, flag);
    }
    let config = Config::read(&mut Reader { layers: &mut layers });
    if let Some(config) = &config {
        layers.problems.extend(config.check().into_iter().map(Problem::Unfit));
    }
    match config {
        Some(config) if layers.problems.is_empty() => {
            Ok(Loaded { config, layers: Origins(layers) })
        }
        _ => Err(Problems(layers.problems)),
    }
}

/// An empty variable counts as not set: that is how compose files and charts leave one out.
fn read_env(layers: &mut Layers, env: &[(String, String)]) {
    let ours: Vec<_> = env
        .iter()
        .filter(|(name, text)| name.starts_with("RESTANTE_") && !text.is_empty())
        .collect();
    let said =
        |name: &str| ours.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
    for setting in settings() {
        let long = setting.env();
        let short = setting.short_env().unwrap_or_default();
        match (said(&long), said(&short)) {
            (Some(_), Some(_)) => layers.problems.push(Problem::Twice(long, short)),
            (Some(text), None) => layers.say(setting, text, Source::Env(long)),
            (None, Some(text)) => layers.say(setting, text, Source::Env(short)),
            (None, None) => {}
        }
    }
    for (name, _) in ours {
        let known = settings()
            .any(|setting| setting.env() == *name || setting.short_env().as_deref() == Some(name));
        if !known && !is_service_link(name) && name != "RESTANTE_CONFIG" {
            layers.problems.push(Problem::unknown_env(name.clone()));
        }
    }
}

/// Kubernetes tells every pod of a namespace the addresses of its services: one called `restante`, or
/// `restante-something`, looks like a setting of ours.
fn is_service_link(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || ["_TCP", "_UDP"]
            .iter()
            .any(|protocol| name.contains("_PORT_") && name.contains(protocol))
}

fn read_flag(layers: &mut Layers, flag: FlagValue) {
    let origin = Source::Flag(flag.typed);
    match find(&flag.path) {
        None => layers.problems.push(Problem::unknown_path(flag.path, origin)),
        Some(setting) if setting.conceals(&flag.text) => {
            layers.problems.push(Problem::misplaced(setting, origin));
        }
        Some(setting) => layers.say(setting, flag.text, origin),
    }
}
