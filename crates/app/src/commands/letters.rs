//! What the commands about dead letters share, those of a mediator and those of a deliverer.

use std::fmt::Write as _;
use std::io::{Write, stdout};

use anyhow::{Context, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

/// Dead letters, wherever they lie.
pub trait Letters {
    /// All of them: objects with an `id`.
    async fn all(&self) -> anyhow::Result<Vec<Value>>;

    /// One of them in a line. What strangers wrote in it has to go through [`printable`].
    fn line(letter: &Value) -> String;

    /// Puts one back to where it came from. False if it is not there.
    async fn replay(&self, id: &str) -> anyhow::Result<bool>;

    /// Throws one away. False if it is not there.
    async fn discard(&self, id: &str) -> anyhow::Result<bool>;
}

/// The name of the subcommand.
pub const NAME: &str = "dead-letters";

/// The subcommand with its verbs, each made by `verb` of its name and what it does; `back` is what `replay` does.
pub fn verbs(command: Command, back: &'static str, verb: fn(Command) -> Command) -> Command {
    let verb = |name, about| verb(Command::new(name).about(about));
    command
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(verb("list", "List them").arg(json()))
        .subcommand(which(verb("replay", back)))
        .subcommand(which(verb("drop", "Throw them away")))
}

/// The flag for programs that read what is said.
pub fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("One JSON object a line")
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

/// Does what the verb says.
///
/// # Errors
/// If they cannot be read, or one of those that were named could not be found or moved.
pub async fn follow(letters: &impl Letters, verb: &str, args: &ArgMatches) -> anyhow::Result<()> {
    match verb {
        "list" => list(letters, args.get_flag("json")).await,
        verb => each(letters, args, verb == "replay").await,
    }
}

async fn list<L: Letters>(letters: &L, json: bool) -> anyhow::Result<()> {
    let mut out = String::new();
    for letter in letters.all().await? {
        let line = if json { letter.to_string() } else { L::line(&letter) };
        let _ = writeln!(out, "{line}");
    }
    if out.is_empty() && !json {
        out.push_str("There are no dead letters.\n");
    }
    say(&out);
    Ok(())
}

async fn each(letters: &impl Letters, args: &ArgMatches, replay: bool) -> anyhow::Result<()> {
    let (ids, mut failed) = (chosen(letters, args).await?, 0);
    for id in &ids {
        let outcome = if replay { letters.replay(id).await } else { letters.discard(id).await };
        failed += usize::from(!matches!(outcome, Ok(true)));
        let became = match (outcome, replay) {
            (Ok(true), true) => "waits again".to_owned(),
            (Ok(true), false) => "is gone".to_owned(),
            (Ok(false), _) => "is not there".to_owned(),
            (Err(error), _) => format!("stays: {error:#}"),
        };
        say(&format!("{} {became}\n", printable(id)));
    }
    if failed > 0 {
        bail!("{failed} of {} could not be found or moved", ids.len());
    }
    Ok(())
}

async fn chosen(letters: &impl Letters, args: &ArgMatches) -> anyhow::Result<Vec<String>> {
    if !args.get_flag("all") {
        return Ok(args.get_many::<String>("id").into_iter().flatten().cloned().collect());
    }
    let id = |letter: &Value| letter["id"].as_str().map(str::to_owned);
    letters.all().await?.iter().map(|letter| id(letter).context("a letter without an id")).collect()
}

/// What strangers wrote does not reach a terminal as it is.
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// Prints it.
pub fn say(text: &str) {
    let _ = stdout().write_all(text.as_bytes());
}
