//! The running mediator, asked by another process of the same operator: a Unix socket in the data directory.
//!
//! One line of a question, one line of JSON for an answer. Who may open the data directory may ask. Only a mediator with an embedded
//! store has one: a store that is shared can be opened by the other process itself.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use config::Config;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::assembly::Assembled;
use crate::wish::Wish;

const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST_LINE: u64 = 64 * 1024;

fn path(config: &Config) -> PathBuf {
    config.store.directory().join("control")
}

/// Answers until `stop`. A mediator that cannot offer this serves wallets all the same.
pub fn listen(config: &Config, parts: Assembled, stop: CancellationToken) {
    let path = path(config);
    // Left behind by a process that died: the store's lock says that none is alive.
    let _ = std::fs::remove_file(&path);
    let listener = match bind(&path) {
        Ok(listener) => listener,
        Err(error) => {
            return tracing::warn!(%error, path = %path.display(), "`restante invite` and `restante dead-letters` cannot reach this process");
        }
    };
    tokio::spawn(async move {
        while let Some(Ok((peer, _))) = stop.run_until_cancelled(listener.accept()).await {
            // One after the other: a peer that is slow has its own operator to blame, and not for long.
            let _ = timeout(PATIENCE, answer(peer, &parts)).await;
        }
        let _ = std::fs::remove_file(&path);
    });
}

fn bind(path: &Path) -> std::io::Result<UnixListener> {
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn answer(peer: UnixStream, parts: &Assembled) -> anyhow::Result<()> {
    let (question, mut reply) = peer.into_split();
    let line = first_line(question).await?;
    let answer = match Wish::read(&line) {
        Some(wish) => wish.fulfil(parts).await,
        None => Err(anyhow::anyhow!(
            "this mediator does not understand the question: is `restante` of another version?"
        )),
    };
    let answer = match answer {
        Ok(answer) => json!({ "answer": answer }),
        Err(error) => json!({ "error": format!("{error:#}") }),
    };
    Ok(reply.write_all(format!("{answer}\n").as_bytes()).await?)
}

/// Asks the mediator that runs on this data directory; `None` if there is none.
///
/// # Errors
/// If it does not answer, or refuses.
pub async fn ask(config: &Config, wish: &Wish) -> anyhow::Result<Option<Value>> {
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
    Ok(Some(answer["answer"].take()))
}

async fn first_line(stream: impl tokio::io::AsyncRead + Unpin) -> anyhow::Result<String> {
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST_LINE)).read_line(&mut line).await.context("cannot read")?;
    Ok(line)
}
