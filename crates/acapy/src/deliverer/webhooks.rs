//! Webhooks from the stream that controllers share, pushed to controllers that have an address.
//!
//! Each becomes an outbound message to every controller, and is retried and buried like any other. The deliverers together are one
//! consumer group with one consumer, and one of them at a time does it, so that webhooks keep their order.

use std::time::Duration;

use redis::cmd;
use store::{Result, StoreError};
use store_redis::Redis;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::tally::Tally;
use crate::streams;
use crate::turn::take_turn;
use crate::wire::{Names, Outbound, Service, Webhook};

/// A controller with an address.
#[derive(Clone)]
pub struct Controller {
    url: Url,
    api_key: Option<String>,
}

/// See the module.
pub(super) struct Pusher {
    pub redis: Redis,
    pub names: Names,
    pub controllers: Vec<Controller>,
    pub instance: String,
}

const WHAT: &str = "webhooks";
const GROUP: &str = "deliverer";
const AT_A_TIME: usize = 64;
const IDLE: Duration = Duration::from_millis(100);
/// Rounds without anything to do.
const TIDY_AFTER: u32 = 10;
const FAILED: Duration = Duration::from_secs(1);

type Entries = Vec<(String, Option<Vec<(String, Vec<u8>)>>)>;

impl Controller {
    /// A controller at this URL of http or https; what follows a `#` is its API key, as ACA-Py has it. None if it is no such URL.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut url =
            Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let api_key = url.fragment().map(str::to_owned);
        url.set_fragment(None);
        url.host_str()?;
        Some(Self { url, api_key })
    }

    /// Whether this is where webhooks of the controller go.
    pub(super) fn has(&self, url: &Url) -> bool {
        let topics = format!("{}/topic/", self.url.path().trim_end_matches('/'));
        url.origin() == self.url.origin() && url.path().starts_with(&topics)
    }

    fn message(&self, webhook: &Webhook) -> Outbound {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("topic").extend(webhook.topic.split('/')).push("");
        }
        let mut headers = webhook.headers.clone();
        headers.entry("content-type".to_owned()).or_insert_with(|| "application/json".to_owned());
        if let Some(key) = &self.api_key {
            headers.insert("x-api-key".to_owned(), key.clone());
        }
        let service = Service { url: url.into() };
        Outbound { service, payload: webhook.payload.clone(), headers, retries: 0 }
    }
}

impl std::fmt::Debug for Controller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Controller({})", self.url.origin().ascii_serialization())
    }
}

impl Pusher {
    /// Pushes until it is told to stop.
    pub async fn run(self, tally: &Tally, stop: CancellationToken) {
        let mut idle = 0;
        while !stop.is_cancelled() {
            let pause = match self.round(&mut idle).await {
                Ok(0) => IDLE,
                Ok(_) => Duration::ZERO,
                Err(error) => {
                    tally.failed(WHAT, &error);
                    FAILED
                }
            };
            if pause != FAILED {
                tally.looked(WHAT);
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn round(&self, idle: &mut u32) -> Result<usize> {
        let turn = Names::beside(&self.names.webhooks(), "pusher");
        if !take_turn(&self.redis, &turn, &self.instance).await? {
            return Ok(0);
        }
        // What was read and not settled comes first.
        let entries = match self.read("0").await? {
            entries if entries.is_empty() => self.read(">").await?,
            entries => entries,
        };
        *idle = if entries.is_empty() { *idle + 1 } else { 0 };
        if *idle == TIDY_AFTER {
            // What other groups were done with later.
            *idle = 0;
            streams::trim(&self.redis, &self.names.webhooks()).await?;
        }
        self.push(&entries).await?;
        Ok(entries.len())
    }

    async fn read(&self, from: &str) -> Result<Entries> {
        match self.try_read(from).await {
            Err(StoreError::Unavailable(why) | StoreError::Damaged(why))
                if why.contains("NOGROUP") =>
            {
                self.make_group().await?;
                self.try_read(from).await
            }
            read => read,
        }
    }

    async fn try_read(&self, from: &str) -> Result<Entries> {
        let stream = self.names.webhooks();
        let mut command = cmd("XREADGROUP");
        command.arg("GROUP").arg(GROUP).arg(GROUP).arg("COUNT").arg(AT_A_TIME);
        command.arg("STREAMS").arg(&stream).arg(from);
        let read: Option<Vec<(String, Entries)>> = self.redis.command(&stream, &command).await?;
        Ok(read.unwrap_or_default().into_iter().flat_map(|(_, entries)| entries).collect())
    }

    async fn make_group(&self) -> Result<()> {
        let stream = self.names.webhooks();
        let command =
            cmd("XGROUP").arg("CREATE").arg(&stream).arg(GROUP).arg("0").arg("MKSTREAM").take();
        match self.redis.command::<()>(&stream, &command).await {
            // Somebody else was faster.
            Err(StoreError::Unavailable(why) | StoreError::Damaged(why))
                if why.contains("BUSYGROUP") =>
            {
                Ok(())
            }
            made => made,
        }
    }

    /// Pushed before it is settled: what happens in between comes twice, and is not lost.
    async fn push(&self, entries: &Entries) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let (list, stream) = (self.names.outbound(), self.names.webhooks());
        let mut command = cmd("RPUSH");
        let messages: Vec<_> =
            entries.iter().flat_map(|(_, fields)| self.messages(fields.as_deref())).collect();
        command.arg(&list).arg(&messages);
        if !messages.is_empty() {
            self.redis.command::<u64>(&list, &command).await?;
        }
        let ids: Vec<_> = entries.iter().map(|(id, _)| id).collect();
        let settle = cmd("XACK").arg(&stream).arg(GROUP).arg(ids).take();
        self.redis.command::<u64>(&stream, &settle).await?;
        streams::trim(&self.redis, &stream).await
    }

    /// The messages of one entry. Junk becomes one that is buried with a reason.
    fn messages(&self, fields: Option<&[(String, Vec<u8>)]>) -> Vec<Vec<u8>> {
        let fields = fields.unwrap_or_default();
        let Some((_, entry)) = fields.iter().find(|(name, _)| name == streams::WEBHOOK) else {
            return Vec::new();
        };
        match Webhook::from_bytes(entry) {
            Ok(webhook) => {
                self.controllers.iter().map(|one| one.message(&webhook).to_bytes()).collect()
            }
            Err(_) => vec![entry.clone()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(controller: &str, topic: &str) -> Outbound {
        let webhook = Webhook {
            topic: topic.to_owned(),
            payload: "{}".into(),
            headers: [("x-wallet-id".to_owned(), "w".to_owned())].into(),
        };
        Controller::parse(controller).unwrap().message(&webhook)
    }

    #[test]
    fn a_webhook_goes_where_acapy_would_have_posted_it() {
        let sent = message("http://c.example/hooks#key", "connections");
        assert_eq!(sent.service.url, "http://c.example/hooks/topic/connections/");
        assert_eq!(sent.headers["x-api-key"], "key");
        assert_eq!(sent.headers["x-wallet-id"], "w");
        assert_eq!(
            message("http://c.example", "a/../b?c").service.url,
            "http://c.example/topic/a/b%3Fc/"
        );
    }

    #[test]
    fn a_key_is_not_shown_and_no_other_scheme_is_a_controller() {
        let controller = Controller::parse("http://c.example/#hunter2").unwrap();
        assert_eq!(format!("{controller:?}"), "Controller(http://c.example)");
        assert!(Controller::parse("ws://c.example/").is_none());
        assert!(Controller::parse("c.example").is_none());
    }
}
