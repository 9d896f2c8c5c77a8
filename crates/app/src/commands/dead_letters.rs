//! `restante dead-letters`: mail that an endpoint refused for good, to be looked at, put back or thrown away.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{ArgMatches, Command};
use config::Config;
use serde_json::Value;
use store::Position;

use super::letters::{self, Letters, printable};
use super::wait_for;
use crate::clock::SystemClock;
use crate::dead_letters::{Clerk, Order, PAGE};
use crate::exit::Misuse;
use crate::stores::Opened;
use crate::wish::Wish;
use crate::{assembly, cli, control, settings, stores};

/// The subcommand.
pub fn command() -> Command {
    Command::new(letters::NAME)
        .about("List, replay or drop mail that an endpoint refused for good")
        .defer(verbs)
}

fn verbs(command: Command) -> Command {
    letters::verbs(command, "Put it back at the end of its mailbox", cli::with_settings)
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let Some((verb, args)) = matches.subcommand() else { return Ok(()) };
    let config = settings::load(args)?.config;
    wait_for(async {
        let office = Office::open(&config).await?;
        letters::follow(&office, verb, args).await
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
}

impl Letters for Office<'_> {
    /// Page by page.
    async fn all(&self) -> anyhow::Result<Vec<Value>> {
        let mut letters = Vec::new();
        loop {
            let last = letters.last().and_then(|letter: &Value| letter["id"].as_str());
            let mut page = self.follow(Order::List(last.map(position).transpose()?)).await?;
            let page = page.as_array_mut().context("the answer is no list")?;
            let done = page.len() < PAGE;
            letters.append(page);
            if done {
                return Ok(letters);
            }
        }
    }

    fn line(letter: &Value) -> String {
        let age = Duration::from_secs(letter["age_ms"].as_u64().unwrap_or_default() / 1000);
        format!(
            "{}  for {}  {} bytes  {} ago  {}",
            letter["id"].as_str().unwrap_or_default(),
            letter["recipient"].as_str().unwrap_or_default(),
            letter["bytes"],
            humantime::format_duration(age),
            printable(letter["reason"].as_str().unwrap_or_default()),
        )
    }

    async fn replay(&self, id: &str) -> anyhow::Result<bool> {
        Ok(self.follow(Order::Replay(position(id)?)).await? == Value::Bool(true))
    }

    async fn discard(&self, id: &str) -> anyhow::Result<bool> {
        Ok(self.follow(Order::Drop(position(id)?)).await? == Value::Bool(true))
    }
}

fn position(id: &str) -> anyhow::Result<Position> {
    id.parse().map_err(|_| Misuse(format!("{id} is no id of a dead letter")).into())
}
