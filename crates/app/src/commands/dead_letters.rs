//! `restante dead-letters`: mail that an endpoint refused for good, to be looked at, put back or thrown away.

use std::fmt::Write as _;
use std::io::{Write, stdout};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use config::Config;
use serde_json::Value;
use store::Position;

use crate::clock::SystemClock;
use crate::dead_letters::{Clerk, Order, PAGE};
use crate::exit::Misuse;
use crate::stores::Opened;
use crate::wish::Wish;
use crate::{assembly, cli, control, settings, stores};

/// The subcommand.
pub fn command() -> Command {
    let verb = |name, about| cli::with_settings(Command::new(name).about(about));
    let json =
        Arg::new("json").long("json").action(ArgAction::SetTrue).help("One JSON object a line");
    Command::new("dead-letters")
        .about("List, replay or drop mail that an endpoint refused for good")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(verb("list", "List it").arg(json))
        .subcommand(which(verb("replay", "Put it back at the end of its mailbox")))
        .subcommand(which(verb("drop", "Throw it away")))
}

fn which(verb: Command) -> Command {
    let ids = Arg::new("id")
        .value_name("ID")
        .action(ArgAction::Append)
        .required_unless_present("all")
        .conflicts_with("all")
        .help("As `restante dead-letters list` shows it");
    let all = Arg::new("all").long("all").action(ArgAction::SetTrue).help("All there are");
    verb.arg(ids).arg(all)
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let Some((verb, args)) = matches.subcommand() else { return Ok(()) };
    let config = settings::load(args)?.config;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        let office = Office::open(&config).await?;
        match verb {
            "list" => list(&office, args.get_flag("json")).await,
            "replay" => each(&office, args, Order::Replay, "waits again").await,
            _ => each(&office, args, Order::Drop, "is gone").await,
        }
    })
}

/// Who does it: the mediator that runs on the data directory, or this process.
enum Office<'a> {
    Running(&'a Config),
    Own(&'a Config, Box<Opened>, Arc<SystemClock>),
}

impl<'a> Office<'a> {
    async fn open(config: &'a Config) -> anyhow::Result<Self> {
        let shared = config.mail_engine().is_shared();
        let question = Wish::DeadLetters(Order::List(None));
        if !shared && control::ask(config, &question).await?.is_some() {
            return Ok(Self::Running(config));
        }
        let directory = config.store.directory();
        if !shared && !directory.exists() {
            bail!(Misuse(format!(
                "there is no mail in {}: --data names another directory",
                directory.display()
            )));
        }
        let clock = Arc::new(SystemClock::start());
        let opened = stores::open(config, &clock).await?;
        Ok(Self::Own(config, Box::new(opened), clock))
    }

    async fn follow(&self, order: Order) -> anyhow::Result<Value> {
        match self {
            Self::Running(config) => control::ask(config, &Wish::DeadLetters(order))
                .await?
                .context("the running mediator has ended"),
            Self::Own(config, opened, clock) => {
                let allowance = &assembly::allowance(config);
                let clerk = Clerk { stores: &opened.stores, allowance, clock: clock.as_ref() };
                Ok(clerk.follow(&order).await?)
            }
        }
    }

    /// All letters, page by page.
    async fn letters(&self) -> anyhow::Result<Vec<Value>> {
        let mut letters = Vec::new();
        loop {
            let after = letters.last().map(id).transpose()?;
            let mut page = self.follow(Order::List(after)).await?;
            let page = page.as_array_mut().context("the answer is no list")?;
            let done = page.len() < PAGE;
            letters.append(page);
            if done {
                return Ok(letters);
            }
        }
    }
}

fn id(letter: &Value) -> anyhow::Result<Position> {
    letter["id"].as_str().and_then(|id| id.parse().ok()).context("a letter without an id")
}

async fn list(office: &Office<'_>, json: bool) -> anyhow::Result<()> {
    let letters = office.letters().await?;
    let mut out = String::new();
    if letters.is_empty() && !json {
        out.push_str("There are no dead letters.\n");
    }
    for letter in &letters {
        let _ = if json { writeln!(out, "{letter}") } else { writeln!(out, "{}", line(letter)) };
    }
    let _ = stdout().write_all(out.as_bytes());
    Ok(())
}

fn line(letter: &Value) -> String {
    let age = Duration::from_secs(letter["age_ms"].as_u64().unwrap_or_default() / 1000);
    // The reason is what a stranger's endpoint answered.
    let reason: String =
        letter["reason"].as_str().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    format!(
        "{}  for {}  {} bytes  {} ago  {reason}",
        letter["id"].as_str().unwrap_or_default(),
        letter["recipient"].as_str().unwrap_or_default(),
        letter["bytes"],
        humantime::format_duration(age),
    )
}

async fn each(
    office: &Office<'_>,
    args: &ArgMatches,
    order: fn(Position) -> Order,
    done: &str,
) -> anyhow::Result<()> {
    let mut failed = 0;
    for position in chosen(office, args).await? {
        let outcome = office.follow(order(position)).await;
        let said = match &outcome {
            Ok(Value::Bool(true)) => format!("{position} {done}"),
            Ok(_) => format!("{position} is not there"),
            Err(error) => format!("{position} stays: {error:#}"),
        };
        failed += usize::from(!matches!(outcome, Ok(Value::Bool(true))));
        let _ = writeln!(stdout(), "{said}");
    }
    if failed > 0 {
        bail!("{failed} of them could not be found or moved");
    }
    Ok(())
}

async fn chosen(office: &Office<'_>, args: &ArgMatches) -> anyhow::Result<Vec<Position>> {
    if args.get_flag("all") {
        return office.letters().await?.iter().map(id).collect();
    }
    let ids = args.get_many::<String>("id").into_iter().flatten();
    ids.map(|id| id.parse().map_err(|_| Misuse(format!("{id} is no id of a dead letter")).into()))
        .collect()
}
