//! `restante deliverer dead-letters`: messages that are tried no more, to be looked at, tried again or thrown away.

use acapy::deliverer::{DeadLetters, Letter};
use acapy::wire::Outbound;
use anyhow::bail;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::with_settings;
use crate::commands::letters::{self, Letters, printable, say};
use crate::commands::wait_for;
use crate::queues;

/// Letters that are asked for at a time.
const PAGE: usize = 500;

/// The subcommand.
pub fn command() -> Command {
    Command::new(letters::NAME)
        .about("List, show, replay or drop messages that could not be delivered")
        .defer(verbs)
}

fn verbs(command: Command) -> Command {
    let id = Arg::new("id").value_name("ID").required(true).help("As `list` shows it");
    let show =
        Command::new("show").about("Show one, without its body and the values of its headers");
    letters::verbs(command, "Put them at the end of the outbound list", with_settings)
        .subcommand(with_settings(show).arg(id))
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let Some((verb, args)) = matches.subcommand() else { return Ok(()) };
    let config = queues::load(args)?;
    wait_for(async {
        let letters = DeadLetters::new(queues::redis(&config).await?, &queues::names(&config)?);
        match verb {
            "show" => show(&letters, args.get_one::<String>("id").map_or("", |id| id)).await,
            verb => letters::follow(&letters, verb, args).await,
        }
    })
}

impl Letters for DeadLetters {
    async fn all(&self) -> anyhow::Result<Vec<Value>> {
        let mut all: Vec<Letter> = Vec::new();
        loop {
            let page = self.list(all.last().map(|letter| letter.id.as_str()), PAGE).await?;
            let done = page.len() < PAGE;
            all.extend(page);
            if done {
                return Ok(all.iter().map(object).collect());
            }
        }
    }

    fn line(letter: &Value) -> String {
        let text = |name: &str| printable(letter[name].as_str().unwrap_or_default());
        let endpoint = Some(text("endpoint")).filter(|endpoint| !endpoint.is_empty());
        format!(
            "{}  to {}  {} bytes  tried {} times  {}",
            text("id"),
            endpoint.unwrap_or_else(|| "nowhere".to_owned()),
            letter["bytes"],
            letter["attempts"],
            text("reason"),
        )
    }

    async fn replay(&self, id: &str) -> anyhow::Result<bool> {
        Ok(DeadLetters::replay(self, id).await?)
    }

    async fn discard(&self, id: &str) -> anyhow::Result<bool> {
        Ok(DeadLetters::discard(self, id).await?)
    }
}

fn object(letter: &Letter) -> Value {
    json!({
        "id": letter.id,
        "endpoint": letter.endpoint,
        "attempts": letter.attempts,
        "reason": letter.reason,
        "bytes": letter.bytes,
    })
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
