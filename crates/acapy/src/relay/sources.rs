//! Where keys are learned: a file, or an agent's admin API.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use didcomm::VerKey;
use serde_json::Value;
use transport::{Errand, Headers, HttpWsCarrier};
use zeroize::Zeroizing;

use super::KeySource;

/// A file with a key a line; empty lines, and what follows a `#`, are passed over.
#[derive(Debug)]
pub struct KeysInFile(pub PathBuf);

#[async_trait]
impl KeySource for KeysInFile {
    async fn keys(&self) -> Result<HashSet<VerKey>, String> {
        let text = std::fs::read_to_string(&self.0).map_err(|error| error.to_string())?;
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        let lines = lines.enumerate().filter(|(_, line)| !line.is_empty());
        lines
            .map(|(at, line)| {
                VerKey::parse(line).map_err(|error| format!("line {}: {error}", at + 1))
            })
            .collect()
    }
}

/// The admin API of an agent: its own keys (`GET /wallet/did`) and those of its invitations (`GET /connections`).
pub struct KeysOfAgent {
    carrier: Arc<HttpWsCarrier>,
    url: String,
    key: Option<Zeroizing<String>>,
}

/// Connections that are asked for at a time, and in all.
const PAGE: usize = 1_000;
const PAGES: usize = 100;

/// Bytes of one answer.
const ANSWER: usize = 16 << 20;

impl KeysOfAgent {
    /// The API at `url`, with the key that it wants in `x-api-key`.
    #[must_use]
    pub fn new(carrier: Arc<HttpWsCarrier>, url: &str, key: Option<&str>) -> Self {
        let key = key.map(|key| Zeroizing::new(key.to_owned()));
        Self { carrier, url: url.trim_end_matches('/').to_owned(), key }
    }

    /// The strings under `field` in the results.
    async fn ask(&self, path: &str, field: &str) -> Result<Vec<Option<VerKey>>, String> {
        let key = self.key.as_ref().map(|key| ("x-api-key", key.as_str()));
        let errand = Errand {
            method: "GET".to_owned(),
            url: format!("{}{path}", self.url),
            headers: Headers::new(key).map_err(|error| error.to_string())?,
            body: Bytes::new(),
            answer_bytes: ANSWER,
        };
        let reply = self.carrier.run(errand).await.map_err(|error| error.to_string())?;
        if reply.status != 200 {
            return Err(format!("the admin API answers {}", reply.status));
        }
        let answer: Value = serde_json::from_slice(&reply.body)
            .map_err(|_| "the admin API's answer is not JSON")?;
        let results =
            answer["results"].as_array().ok_or("the admin API's answer has no results")?;
        let key = |result: &Value| VerKey::parse(result[field].as_str()?).ok();
        Ok(results.iter().map(key).collect())
    }
}

#[async_trait]
impl KeySource for KeysOfAgent {
    async fn keys(&self) -> Result<HashSet<VerKey>, String> {
        let mut keys: HashSet<_> =
            self.ask("/wallet/did", "verkey").await?.into_iter().flatten().collect();
        for page in 0..PAGES {
            let path = format!("/connections?limit={PAGE}&offset={}", page * PAGE);
            let found = self.ask(&path, "invitation_key").await?;
            let is_last = found.len() < PAGE;
            keys.extend(found.into_iter().flatten());
            if is_last {
                break;
            }
        }
        Ok(keys)
    }
}

impl std::fmt::Debug for KeysOfAgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeysOfAgent")
    }
}
