//! `restante deliverer dead-letters`: messages that are tried no more, to be looked at, tried again or thrown away.

use std::fmt::Write as _;
use std::io::{Write, stdout};

use acapy::deliverer::{DeadLetters, Letter};
use acapy::wire::Outbound;
use anyhow::{Context, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::{dead_letters_of, with_settings};
use crate::queues;

/// Letters that are asked for at a time.
const PAGE: usize = 500;

/// The subcommand.
pub fn command() -> Command {
    let verb = |name, about| with_settings(Command::new(name).about(about));
    let json =
        Arg::new("json").long("json").action(ArgAction::SetTrue).help("One JSON object a line");
    let id = Arg::new("id").value_name("ID").required(true).help("As `list` shows it");
    Command::new("dead-letters")
        .about("List, show, replay or drop messages that could not be delivered")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(verb("list", "List them").arg(json))
        .subcommand(
            verb("show", "Show one, without its body and the values of its headers").arg(id),
        )
        .subcommand(which(verb("replay", "Put them at the end of the outbound list")))
        .subcommand(which(verb("drop", "Throw them away")))
}

fn which(verb: Command) -> Command {
    let ids = Arg::new("id")
        .value_name("ID")
        .action(ArgAction::Append)
        .required_unless_present("all")
        .conflicts_with("all")
        .help("As `list` shows it");
    verb.arg(ids).arg(Arg::new("all").long("all").action(ArgAction::SetTrue).help("All there are"))
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let Some((verb, args)) = matches.subcommand() else { return Ok(()) };
    let config = queues::load(args)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        let letters = dead_letters_of(&config).await?;
        match verb {
            "list" => list(&letters, args.get_flag("json")).await,
            "show" => show(&letters, args.get_one::<String>("id").map_or("", |id| id)).await,
            verb => each(&letters, args, verb == "replay").await,
        }
    })
}

async fn list(letters: &DeadLetters, json: bool) -> anyhow::Result<()> {
    let mut out = String::new();
    for letter in all(letters).await? {
        let _ = if json {
            writeln!(out, "{}", object(&letter))
        } else {
            writeln!(out, "{}", line(&letter))
        };
    }
    if out.is_empty() && !json {
        out.push_str("There are no dead letters.\n");
    }
    say(&out);
    Ok(())
}

async fn all(letters: &DeadLetters) -> anyhow::Result<Vec<Letter>> {
    let mut all: Vec<Letter> = Vec::new();
    loop {
        let page = letters.list(all.last().map(|letter| letter.id.as_str()), PAGE).await?;
        let done = page.len() < PAGE;
        all.extend(page);
        if done {
            return Ok(all);
        }
    }
}

fn line(letter: &Letter) -> String {
    let Letter { id, attempts, bytes, .. } = letter;
    let (endpoint, reason) = (printable(&letter.endpoint), printable(&letter.reason));
    let endpoint = if endpoint.is_empty() { "nowhere".to_owned() } else { endpoint };
    format!("{id}  to {endpoint}  {bytes} bytes  tried {attempts} times  {reason}")
}

fn object(letter: &Letter) -> serde_json::Value {
    json!({
        "id": letter.id,
        "endpoint": letter.endpoint,
        "attempts": letter.attempts,
        "reason": letter.reason,
        "bytes": letter.bytes,
    })
}

/// What strangers wrote does not reach a terminal as it is.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

async fn show(letters: &DeadLetters, id: &str) -> anyhow::Result<()> {
    let Some(entry) = letters.entry(id).await? else { bail!("{id} is not there") };
    let shown = match Outbound::from_bytes(&entry) {
        Ok(message) => json!({
            "url": message.service.url,
            "headers": message.headers.keys().collect::<Vec<_>>(),
            "payload_bytes": message.payload.len(),
            "retries": message.retries,
        }),
        Err(junk) => json!({
            "junk": junk.to_string(),
            "begins": printable(&String::from_utf8_lossy(&entry[..entry.len().min(200)])),
        }),
    };
    say(&format!("{shown:#}\n"));
    Ok(())
}

async fn each(letters: &DeadLetters, args: &ArgMatches, replay: bool) -> anyhow::Result<()> {
    let ids: Vec<String> = if args.get_flag("all") {
        all(letters).await?.into_iter().map(|letter| letter.id).collect()
    } else {
        args.get_many::<String>("id").into_iter().flatten().cloned().collect()
    };
    let (mut out, mut missing) = (String::new(), 0);
    for id in &ids {
        let found = if replay { letters.replay(id).await? } else { letters.discard(id).await? };
        missing += usize::from(!found);
        let became = match (found, replay) {
            (false, _) => "is not there",
            (true, true) => "waits again",
            (true, false) => "is gone",
        };
        let _ = writeln!(out, "{} {became}", printable(id));
    }
    say(&out);
    if missing > 0 {
        bail!("{missing} of {} were not there", ids.len())
    }
    Ok(())
}

fn say(text: &str) {
    let _ = stdout().write_all(text.as_bytes());
}
