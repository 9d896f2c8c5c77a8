//! From the process's surroundings to a configuration.

use std::env;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use config::{FlagValue, Loaded, Sources};

use crate::cli;
use crate::exit::Misuse;

const USUAL_FILE: &str = "restante.toml";

/// Reads the file, the environment and the command line.
///
/// # Errors
/// Everything that is wrong with them.
pub fn load(matches: &ArgMatches) -> anyhow::Result<Loaded> {
    load_spoken(matches, cli::spoken(matches))
}

/// The same, where the command line was understood elsewhere.
///
/// # Errors
/// As [`load`].
pub fn load_spoken(matches: &ArgMatches, flags: Vec<FlagValue>) -> anyhow::Result<Loaded> {
    let file = file(matches)?;
    Ok(config::load(Sources { file, env: environment(), flags })?)
}

/// The same, where the environment is put into our words first.
///
/// # Errors
/// As [`load`].
pub fn load_translated(
    matches: &ArgMatches,
    translate: fn(&mut Vec<(String, String)>),
) -> anyhow::Result<Loaded> {
    let (file, mut env) = (file(matches)?, environment());
    translate(&mut env);
    Ok(config::load(Sources { file, env, flags: cli::spoken(matches) })?)
}

fn environment() -> Vec<(String, String)> {
    env::vars_os()
        .filter_map(|(name, text)| name.into_string().ok().zip(text.into_string().ok()))
        .collect()
}

/// The file that was named, which must be there, or the usual one, which need not.
fn file(matches: &ArgMatches) -> anyhow::Result<Option<(PathBuf, String)>> {
    let from_env =
        || env::var_os("RESTANTE_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from);
    let named = matches.get_one::<PathBuf>("config").cloned().or_else(from_env);
    match named {
        Some(path) => read(&path).map(Some),
        None if Path::new(USUAL_FILE).exists() => read(Path::new(USUAL_FILE)).map(Some),
        None => Ok(None),
    }
}

fn read(path: &Path) -> anyhow::Result<(PathBuf, String)> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Misuse(format!("cannot read the settings in {}: {error}", path.display()))
    })?;
    Ok((path.to_owned(), text))
}
