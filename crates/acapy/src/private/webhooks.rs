use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::value::RawValue;
use store::Result;
use store_redis::{Redis, Script};
use transport::{Asked, Method, StatusCode, Told};

use crate::relay::{Count, Tally};
use crate::streams::{self, WEBHOOK};
use crate::wire::{Names, Webhook};

static APPEND: LazyLock<Script> =
    LazyLock::new(|| Script::new("append", include_str!("scripts/append.lua")));

/// Headers of a webhook that say something to a controller.
const PASSED_ON: [&str; 3] = ["content-type", "x-api-key", "x-wallet-id"];

/// Bytes of a topic at most.
const LONGEST_TOPIC: usize = 128;

/// Takes the webhooks of agents: what they post to `<webhook-url>/topic/<topic>/` waits in a stream for controllers.
#[derive(Debug)]
pub struct WebhookTaker {
    redis: Redis,
    stream: String,
    most: usize,
    tally: Arc<Tally>,
}

impl WebhookTaker {
    /// Keeps up to `most` of them.
    #[must_use]
    pub fn new(redis: Redis, names: &Names, most: usize, tally: Arc<Tally>) -> Self {
        Self { redis, stream: names.webhooks(), most, tally }
    }

    /// The topic, if it is a webhook.
    pub(super) fn topic(method: &Method, path: &str) -> Option<String> {
        let (before, topic) = path.strip_suffix('/').unwrap_or(path).rsplit_once('/')?;
        let is_topic = (1..=LONGEST_TOPIC).contains(&topic.len());
        (method == Method::POST && before.ends_with("/topic") && is_topic).then(|| topic.to_owned())
    }

    /// Keeps one. The agent tries again if it could not be kept.
    pub(super) async fn take(&self, topic: String, asked: Asked) -> Told {
        if serde_json::from_slice::<&RawValue>(&asked.body).is_err() {
            return Told::text(StatusCode::BAD_REQUEST, "a webhook is JSON");
        }
        let headers = PASSED_ON.iter().filter_map(|name| {
            Some(((*name).to_owned(), asked.headers.get(*name)?.to_str().ok()?.to_owned()))
        });
        let headers: BTreeMap<_, _> = headers.collect();
        let webhook = Webhook { topic, payload: asked.body, headers };
        match self.append(&webhook).await {
            Ok(true) => {
                self.tally.add(Count::Webhooks);
                Told::text(StatusCode::OK, "")
            }
            Ok(false) => Told::text(StatusCode::SERVICE_UNAVAILABLE, "too many webhooks wait"),
            Err(error) => {
                tracing::warn!(%error, "a webhook could not be kept");
                Told::text(StatusCode::SERVICE_UNAVAILABLE, "Redis does not answer")
            }
        }
    }

    /// What all groups have had makes room.
    async fn append(&self, webhook: &Webhook) -> Result<bool> {
        let entry = webhook.to_bytes();
        let append = || APPEND.on(&[&self.stream]).arg(self.most).arg(WEBHOOK).arg(&entry[..]);
        if self.redis.call(append()).await? {
            return Ok(true);
        }
        streams::trim(&self.redis, &self.stream).await?;
        self.redis.call(append()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_are_told_by_their_path() {
        let topic = |path| WebhookTaker::topic(&Method::POST, path);
        assert_eq!(topic("/topic/connections/").as_deref(), Some("connections"));
        assert_eq!(
            topic("/hooks/topic/issue_credential_v2_0").as_deref(),
            Some("issue_credential_v2_0")
        );
        for path in ["/topic/", "/topic", "/connections/", "/topic/a/b", "/"] {
            assert_eq!(topic(path), None, "{path}");
        }
        assert_eq!(WebhookTaker::topic(&Method::GET, "/topic/connections/"), None);
    }
}
