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

/// The same, with variables that a program had which is replaced, and ours that mean the same. Ours overrule them.
///
/// # Errors
/// As [`load`].
pub fn load_with(matches: &ArgMatches, their_names: &[(&str, &str)]) -> anyhow::Result<Loaded> {
    let file = file(matches)?;
    let env = in_our_names(environment(), their_names);
    Ok(config::load(Sources { file, env, flags: cli::spoken(matches) })?)
}

fn environment() -> Vec<(String, String)> {
    env::vars_os()
        .filter_map(|(name, text)| name.into_string().ok().zip(text.into_string().ok()))
        .collect()
}

fn in_our_names(
    mut env: Vec<(String, String)>,
    their_names: &[(&str, &str)],
) -> Vec<(String, String)> {
    let said = |env: &[(String, String)], wanted: &str| {
        let said = env.iter().find(|(name, text)| name == wanted && !text.is_empty());
        said.map(|(_, text)| text.clone())
    };
    for (theirs, ours) in their_names {
        if let Some(text) = said(&env, theirs)
            && said(&env, ours).is_none()
        {
            env.push(((*ours).to_owned(), text));
        }
    }
    env
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_of_a_program_that_is_replaced_counts_unless_ours_is_set() {
        let env = |pairs: &[(&str, &str)]| -> Vec<_> {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let names = [("REDIS_SERVER_URL", "RESTANTE_STORE"), ("TOPIC_PREFIX", "RESTANTE_X")];
        let theirs = env(&[("REDIS_SERVER_URL", "redis://a"), ("TOPIC_PREFIX", "")]);
        let said = in_our_names(theirs.clone(), &names);
        assert_eq!(said[2..], env(&[("RESTANTE_STORE", "redis://a")]));
        let both = [theirs, env(&[("RESTANTE_STORE", "redis://b")])].concat();
        assert_eq!(in_our_names(both.clone(), &names), both);
    }
}
