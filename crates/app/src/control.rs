//! The running mediator, asked by another process of the same operator: a Unix socket in the data directory.
//!
//! One line of a question, one line of JSON for an answer. Who may open the data directory may ask.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use config::Config;
use mediator::{InvitationText, Mediator};
use serde_json::{Value, json};
use store::Clock;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::assembly::Assembled;
use crate::clock::SystemClock;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The invitation that anybody may use any number of times.
    Standing,
    /// A new one that can be used once, within this time.
    Once(Duration),
}

impl Wish {
    fn line(self) -> String {
        match self {
            Self::Standing => "standing\n".to_owned(),
            Self::Once(lifetime) => format!("once {}\n", lifetime.as_millis()),
        }
    }

    fn read(line: &str) -> Option<Self> {
        match line.trim_end().split_once(' ') {
            Some(("once", millis)) => {
                millis.parse().ok().map(Duration::from_millis).map(Self::Once)
            }
            None if line.trim_end() == "standing" => Some(Self::Standing),
            _ => None,
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST_LINE: u64 = 64 * 1024;

fn path(config: &Config) -> PathBuf {
    config.store.directory().join("control")
}

/// Fulfils a wish.
///
/// # Errors
/// If the store does not take the invitation.
pub async fn grant(
    mediator: &Mediator,
    clock: &SystemClock,
    wish: Wish,
) -> anyhow::Result<InvitationText> {
    match wish {
        Wish::Standing => Ok(mediator.invitation().clone()),
        Wish::Once(lifetime) => {
            let expires = clock.now() + lifetime;
            mediator.invite_once(expires).await.context("the invitation could not be kept")
        }
    }
}

/// Answers until `stop`. A mediator that cannot offer this serves wallets all the same.
pub fn listen(config: &Config, parts: &Assembled, stop: CancellationToken) {
    let (mediator, clock) = (parts.mediator.clone(), parts.clock.clone());
    let path = path(config);
    // Left behind by a process that died: the store's lock says that none is alive.
    let _ = std::fs::remove_file(&path);
    let listener = match bind(&path) {
        Ok(listener) => listener,
        Err(error) => {
            return tracing::warn!(%error, path = %path.display(), "`restante invite` cannot reach this process");
        }
    };
    tokio::spawn(async move {
        while let Some(Ok((peer, _))) = stop.run_until_cancelled(listener.accept()).await {
            // One after the other: a peer that is slow has its own operator to blame, and not for long.
            let _ = timeout(PATIENCE, answer(peer, &mediator, &clock)).await;
        }
        let _ = std::fs::remove_file(&path);
    });
}

fn bind(path: &Path) -> std::io::Result<UnixListener> {
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn answer(peer: UnixStream, mediator: &Mediator, clock: &SystemClock) -> anyhow::Result<()> {
    let (question, mut reply) = peer.into_split();
    let line = first_line(question).await?;
    let answer = match Wish::read(&line) {
        Some(wish) => grant(mediator, clock, wish).await,
        None => Err(anyhow::anyhow!(
            "this mediator does not understand the question: is `restante` of another version?"
        )),
    };
    let answer = match answer {
        Ok(invitation) => json!({"invitation": invitation.json, "invitation_url": invitation.url}),
        Err(error) => json!({"error": format!("{error:#}")}),
    };
    Ok(reply.write_all(format!("{answer}\n").as_bytes()).await?)
}

/// Asks the mediator that runs on this data directory; `None` if there is none.
///
/// # Errors
/// If it does not answer, or refuses.
pub async fn ask(config: &Config, wish: Wish) -> anyhow::Result<Option<InvitationText>> {
    let Ok(peer) = UnixStream::connect(path(config)).await else { return Ok(None) };
    let (answer, mut question) = peer.into_split();
    let exchange = async {
        question.write_all(wish.line().as_bytes()).await?;
        first_line(answer).await
    };
    let line =
        timeout(PATIENCE, exchange).await.context("the running mediator does not answer")??;
    let mut answer: Value =
        serde_json::from_str(&line).context("the running mediator's answer makes no sense")?;
    if let Some(error) = answer["error"].as_str() {
        bail!("the running mediator refused: {error}");
    }
    let url = answer["invitation_url"]
        .as_str()
        .context("the running mediator's answer has no invitation")?
        .to_owned();
    Ok(Some(InvitationText { json: answer["invitation"].take(), url }))
}

async fn first_line(stream: impl tokio::io::AsyncRead + Unpin) -> anyhow::Result<String> {
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST_LINE)).read_line(&mut line).await.context("cannot read")?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_survives_the_line() {
        for wish in [Wish::Standing, Wish::Once(Duration::from_secs(604_800))] {
            assert_eq!(Wish::read(&wish.line()), Some(wish));
        }
    }

    #[test]
    fn nonsense_is_no_wish() {
        for line in ["", "\n", "once", "once x\n", "once -1\n", "twice 3\n", "standing now\n"] {
            assert_eq!(Wish::read(line), None, "{line:?}");
        }
    }
}
