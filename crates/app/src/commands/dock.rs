//! `restante dock`: holds sockets for somebody else until it is told to stop.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Context;
use clap::{Arg, ArgMatches, Command, value_parser};
use config::{Config, FlagValue};

use crate::{cli, dock, logs, settings};

/// Flags that say settings of `[dock]`. All but the first two are SocketDock's.
const FLAGS: [(&str, &str, &str); 7] = [
    ("listen", "listen", "The address and port of the sockets"),
    (
        "private-listen",
        "private_listen",
        "The address and port that the backend sends to, if not the same",
    ),
    (
        "backend",
        "backend",
        "Who stands behind the dock: http, store or loopback; with --store it is store",
    ),
    ("endpoint", "endpoint", "The base of the URIs by which the backend reaches this very dock"),
    ("connect-uri", "connect_uri", "Where new sockets are announced"),
    ("message-uri", "message_uri", "Where messages are sent"),
    ("disconnect-uri", "disconnect_uri", "Where the ends of sockets are announced"),
];

/// The subcommand.
pub fn command() -> Command {
    Command::new("dock")
        .about("Hold sockets for a backend that cannot; takes the place of SocketDock")
        .defer(arguments)
}

fn arguments(command: Command) -> Command {
    let flags = FLAGS.map(|(flag, _, help)| Arg::new(flag).long(flag).help(help));
    let command = command
        .args(flags)
        .arg(
            Arg::new("bindip")
                .long("bindip")
                .value_parser(value_parser!(IpAddr))
                .help("The address alone, as SocketDock has it"),
        )
        .arg(
            Arg::new("bindport")
                .long("bindport")
                .value_parser(value_parser!(u16))
                .help("The port alone, as SocketDock has it"),
        )
        .arg(
            Arg::new("log-config")
                .long("log-config")
                .hide(true)
                .help("Taken for the sake of SocketDock's command lines, and not followed"),
        );
    cli::with_settings_of(command, |section| {
        matches!(section, "tls" | "store" | "instance" | "transport" | "shutdown" | "admin" | "log")
    })
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let mut config = settings::load_spoken(matches, spoken(matches))?.config;
    bind_as_said(&mut config, matches);
    logs::start(&config.log);
    if matches.contains_id("log-config") {
        tracing::warn!(
            "--log-config is not followed: `log.format` and `log.level` say how logs look"
        );
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let outcome = runtime.block_on(dock::serve(config));
    // What still runs now has had its time.
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}

fn spoken(matches: &ArgMatches) -> Vec<FlagValue> {
    let own = FLAGS.iter().filter_map(|(flag, key, _)| {
        let text = matches.get_one::<String>(flag)?.clone();
        Some(FlagValue { typed: format!("--{flag}"), path: format!("dock.{key}"), text })
    });
    let said = own.chain(cli::spoken(matches).into_iter().map(in_our_words)).collect();
    behind_a_store(said)
}

/// Whoever names a store wants it used.
fn behind_a_store(mut said: Vec<FlagValue>) -> Vec<FlagValue> {
    let says = |path| said.iter().any(|flag: &FlagValue| flag.path == path);
    if says("store.url") && !says("dock.backend") {
        let text = "store".to_owned();
        said.push(FlagValue { typed: "--store".to_owned(), path: "dock.backend".to_owned(), text });
    }
    said
}

/// SocketDock's levels are Python's.
fn in_our_words(mut said: FlagValue) -> FlagValue {
    if said.path == "log.level" {
        said.text = match said.text.to_ascii_lowercase().as_str() {
            "warning" => "warn".to_owned(),
            "critical" => "error".to_owned(),
            level => level.to_owned(),
        };
    }
    said
}

fn bind_as_said(config: &mut Config, matches: &ArgMatches) {
    if let Some(ip) = matches.get_one::<IpAddr>("bindip") {
        config.dock.listen.set_ip(*ip);
    }
    if let Some(port) = matches.get_one::<u16>("bindport") {
        config.dock.listen.set_port(*port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &[&str]) -> (Config, Vec<(String, String)>) {
        let matches = command().get_matches_from([&["dock"], line].concat());
        let said: Vec<_> =
            spoken(&matches).into_iter().map(|flag| (flag.path, flag.text)).collect();
        let mut config = config::load(config::Sources::default()).unwrap().config;
        bind_as_said(&mut config, &matches);
        (config, said)
    }

    #[test]
    fn a_command_line_of_socketdock_is_understood() {
        let (config, said) = said(&[
            "--bindip",
            "0.0.0.0",
            "--bindport",
            "9000",
            "--backend",
            "http",
            "--endpoint",
            "http://10.0.0.5:9000",
            "--message-uri",
            "http://m/message",
            "--log-level",
            "WARNING",
            "--log-config",
            "/usr/src/app/x.yml",
        ]);
        assert_eq!(config.dock.listen.to_string(), "0.0.0.0:9000");
        let expected = [
            ("dock.backend", "http"),
            ("dock.endpoint", "http://10.0.0.5:9000"),
            ("dock.message_uri", "http://m/message"),
            ("log.level", "warn"),
        ];
        assert_eq!(said, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }

    #[test]
    fn every_flag_says_a_setting_that_there_is() {
        for (_, key, _) in FLAGS {
            assert!(config::find(&format!("dock.{key}")).is_some(), "{key}");
        }
    }
}
