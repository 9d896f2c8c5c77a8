//! `restante relay events`: the lists in which the plug-in leaves every event of its agent, to be emptied or shortened.

use std::fmt::Write as _;
use std::io::{Write, stdout};

use acapy::Seen;
use acapy::events::{EventList, Events};
use acapy::wire::payload;
use anyhow::{Context, bail};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::with_settings;
use crate::commands::letters::{json as json_flag, printable, say};
use crate::commands::wait_for;
use crate::exit::Misuse;
use crate::queues;

/// The subcommand.
pub fn command() -> Command {
    let verb = |name, about| with_settings(Command::new(name).about(about));
    let keep = Arg::new("keep")
        .long("keep")
        .value_name("COUNT")
        .value_parser(value_parser!(u32))
        .required(true)
        .help("How many of the newest events stay in each list");
    Command::new("events")
        .about("List, empty or shorten the lists of events of agents with the queue plug-in")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(verb("list", "List them, with how many events lie in each").arg(json_flag()))
        .subcommand(which(verb("drain", "Print events, one JSON object a line, and remove them")))
        .subcommand(which(verb("trim", "Remove the oldest events")).arg(keep))
}

fn which(verb: Command) -> Command {
    let names = Arg::new("list")
        .value_name("LIST")
        .action(ArgAction::Append)
        .required_unless_present("all")
        .conflicts_with("all")
        .help("As `list` shows it");
    verb.arg(names)
        .arg(Arg::new("all").long("all").action(ArgAction::SetTrue).help("All that `list` shows"))
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let Some((verb, args)) = matches.subcommand() else { return Ok(()) };
    let config = queues::load(args)?;
    wait_for(async {
        let events = Events::new(queues::redis(&config).await?, &config.acapy.topic_prefix);
        match verb {
            "list" => list(&events, args.get_flag("json")).await,
            verb => each(&events, args, verb == "drain").await,
        }
    })
}

async fn list(events: &Events, json: bool) -> anyhow::Result<()> {
    let mut out = String::new();
    for EventList { name, length } in events.lists().await? {
        let said = length.map_or_else(|| "no list".to_owned(), |length| format!("{length} events"));
        let line = match json {
            true => json!({"list": name, "events": length}).to_string(),
            false => format!("{}  {said}", printable(&name)),
        };
        let _ = writeln!(out, "{line}");
    }
    if out.is_empty() && !json {
        out.push_str("There are no lists of events.\n");
    }
    say(&out);
    Ok(())
}

async fn each(events: &Events, args: &ArgMatches, drain: bool) -> anyhow::Result<()> {
    let keep = args.try_get_one::<u32>("keep").ok().flatten().copied().unwrap_or_default() as usize;
    let mut failed = Vec::new();
    for name in chosen(events, args).await? {
        let done = match drain {
            true => drain_list(events, &name).await,
            false => trim_list(events, &name, keep).await,
        };
        failed.extend(done.err().map(|error| format!("{}: {error:#}", printable(&name))));
    }
    if !failed.is_empty() {
        bail!("{}", failed.join("; "));
    }
    Ok(())
}

async fn chosen(events: &Events, args: &ArgMatches) -> anyhow::Result<Vec<String>> {
    if args.get_flag("all") {
        let lists = events.lists().await?.into_iter();
        return Ok(lists.filter(|list| list.length.is_some()).map(|list| list.name).collect());
    }
    let names: Vec<_> = args.get_many::<String>("list").into_iter().flatten().cloned().collect();
    for name in &names {
        let checked = events.check(name);
        checked.map_err(|error| Misuse(format!("{}: {error}", printable(name))))?;
    }
    Ok(names)
}

/// An event leaves its list when it has been printed; what comes meanwhile is printed too.
async fn drain_list(events: &Events, name: &str) -> anyhow::Result<()> {
    loop {
        let mut seen = events.oldest(name).await?;
        let large = seen.iter().position(|event| event.entry.is_none());
        let bytes = large.map(|at| seen.split_off(at)[0].bytes);
        if let (true, Some(bytes)) = (seen.is_empty(), bytes) {
            bail!("the oldest event has {bytes} bytes: it can only be removed, by `trim`");
        }
        if seen.is_empty() {
            return Ok(());
        }
        print(name, &seen).context("events could not be printed, and stay")?;
        events.remove(name, &seen).await?;
    }
}

fn print(name: &str, seen: &[Seen]) -> std::io::Result<()> {
    let mut out = stdout().lock();
    for entry in seen.iter().filter_map(|event| event.entry.as_deref()) {
        let line = match serde_json::from_slice::<Value>(entry) {
            Ok(event) => json!({"list": name, "event": event}),
            Err(_) => json!({"list": name, "junk": payload::encode(entry)}),
        };
        writeln!(out, "{line}")?;
    }
    out.flush()
}

async fn trim_list(events: &Events, name: &str, keep: usize) -> anyhow::Result<()> {
    let gone = events.trim(name, keep).await?;
    say(&format!("{}  {gone} events removed\n", printable(name)));
    Ok(())
}
