//! The command line, made from the settings.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use config::FlagValue;

/// The menu. What a subcommand takes is built when that one is wanted: all of it together is larger than the program's own start.
pub fn menu() -> Command {
    Command::new("restante")
        .about("A DIDComm mediator that keeps a wallet's messages until the wallet has them.")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(crate::commands::mediator::command())
        .subcommand(crate::commands::dock::command())
        .subcommand(crate::commands::relay::command())
        .subcommand(crate::commands::deliverer::command())
        .subcommand(crate::commands::invite::command())
        .subcommand(crate::commands::dead_letters::command())
        .subcommand(crate::commands::bench::command())
        .subcommand(crate::commands::doctor::command())
        .subcommand(crate::commands::config::command())
}

/// Adds the arguments through which settings are said: `--config`, `--set`, and a flag for each setting that has one.
pub fn with_settings(command: Command) -> Command {
    with_settings_of(command, |_| true)
}

/// The same, with the flags of the sections that are wanted.
pub fn with_settings_of(command: Command, wanted: fn(section: &str) -> bool) -> Command {
    let flags =
        config::flags().filter(|(_, setting)| wanted(setting.section)).map(|(flag, setting)| {
            Arg::new(flag)
                .long(flag)
                .value_name(setting.key.to_uppercase())
                .help(format!(
                    "{} [default: {}]",
                    first_sentence(&setting.help_line()),
                    or_none(setting.default)
                ))
                .help_heading("Settings")
        });
    command.arg(config_file()).args(flags).arg(set())
}

fn config_file() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("The TOML file with settings [default: restante.toml, if there is one]")
        .help_heading("Settings")
}

fn set() -> Arg {
    Arg::new("set")
        .long("set")
        .value_name("SECTION.KEY=VALUE")
        .action(ArgAction::Append)
        .help("Any other setting; `restante config reference` lists them")
        .help_heading("Settings")
}

/// What the command line said, in the order in which it counts: `--set` has the last word.
pub fn spoken(matches: &ArgMatches) -> Vec<FlagValue> {
    let flag = |flag: &str, path: String, text: String| FlagValue {
        typed: format!("--{flag}"),
        path,
        text,
    };
    let mut spoken = Vec::new();
    for (name, setting) in config::flags() {
        // A command may have no use for some of them.
        let said = matches.try_get_one::<String>(name).ok().flatten();
        spoken.extend(said.map(|text| flag(name, setting.path(), text.clone())));
    }
    for pair in matches.get_many::<String>("set").into_iter().flatten() {
        let (path, text) = pair.split_once('=').unwrap_or((pair, ""));
        spoken.push(flag(&format!("set {path}"), path.trim().to_owned(), text.to_owned()));
    }
    spoken
}

fn first_sentence(help: &str) -> &str {
    let end = help.find(". ").unwrap_or(help.len());
    help[..end].trim_end_matches('.')
}

fn or_none(default: &str) -> &str {
    if default.is_empty() { "none" } else { default }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_menu_is_sound() {
        let mut menu = menu();
        menu.build();
        menu.debug_assert();
    }

    #[test]
    fn every_flag_of_a_setting_reaches_its_setting() {
        for (flag, setting) in config::flags() {
            let matches =
                menu().get_matches_from(["restante", "mediator", &format!("--{flag}"), "x"]);
            let (_, args) = matches.subcommand().unwrap();
            let said = spoken(args);
            assert_eq!(said.len(), 1);
            assert_eq!(
                (said[0].path.as_str(), said[0].text.as_str()),
                (setting.path().as_str(), "x")
            );
        }
    }

    #[test]
    fn set_says_any_setting_and_has_the_last_word() {
        let line = ["restante", "mediator", "--set", "identity.label=a=b", "--label", "c"];
        let matches = menu().get_matches_from(line);
        let said: Vec<_> =
            spoken(matches.subcommand().unwrap().1).into_iter().map(|f| (f.path, f.text)).collect();
        let expected = [("identity.label", "c"), ("identity.label", "a=b")];
        assert_eq!(said, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }
}
