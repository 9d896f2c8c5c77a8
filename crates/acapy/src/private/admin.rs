use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use store::{Clock, StoreError};
use store_redis::{Redis, Script};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use transport::{Asked, HeaderMap, HeaderName, HeaderValue, Headers, StatusCode, Told};

use super::replies::Replies;
use crate::random::random;
use crate::relay::{Count, Tally};
use crate::streams::ADMIN_CALL;
use crate::wire::{AdminAnswer, AdminCall, Names};

static APPEND: LazyLock<Script> =
    LazyLock::new(|| Script::new("append", include_str!("scripts/append.lua")));

/// Calls that may wait for a deliverer.
const MOST: usize = 10_000;

/// What the paths of calls begin with.
const PREFIX: &str = "/admin";

/// The header by which two calls are one.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Headers that are between the caller and this port.
const NOT_PASSED_ON: [&str; 4] = ["accept-encoding", "expect", IDEMPOTENCY_KEY, "origin"];

/// Passes calls of an agent's admin API on through Redis, to a deliverer that reaches the API, and the answers back.
pub struct AdminProxy {
    redis: Redis,
    clock: Arc<dyn Clock>,
    calls: String,
    reply_to: String,
    replies: Arc<Replies>,
    patience: Duration,
    tally: Arc<Tally>,
}

impl AdminProxy {
    /// A proxy whose callers wait for `patience` at most.
    #[must_use]
    pub fn new(
        redis: Redis,
        clock: Arc<dyn Clock>,
        names: &Names,
        patience: Duration,
        tally: Arc<Tally>,
    ) -> Arc<Self> {
        let reply_to = names.admin_answers(&format!("{:016x}", random()));
        let calls = names.admin_calls();
        Arc::new(Self { redis, clock, calls, reply_to, replies: Arc::default(), patience, tally })
    }

    /// Collects answers until `stop`; without it nobody gets any.
    pub async fn run(&self, stop: CancellationToken) {
        self.replies.collect(&self.redis, &self.reply_to, &stop).await;
    }

    /// The path at the admin API, if it is a call of it.
    pub(super) fn path(asked: &Asked) -> Option<String> {
        let path = asked.path.strip_prefix(PREFIX)?;
        let query = asked.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        (path.starts_with('/') && !path.starts_with("//")).then(|| format!("{path}{query}"))
    }

    /// Passes one call on, and waits for its answer. 504 says nothing about whether it was executed; a call with an idempotency key can be
    /// repeated to find out.
    pub(super) async fn pass_on(&self, path: String, asked: Asked) -> Told {
        let Some(call) = self.call(path, asked) else {
            return Told::text(StatusCode::BAD_REQUEST, "the headers cannot be passed on");
        };
        let wait = self.replies.expect(&call.id);
        let append = APPEND.on(&[&self.calls]).arg(MOST).arg(ADMIN_CALL).arg(call.to_bytes());
        match self.redis.call(append).await {
            Ok(true) => self.tally.add(Count::AdminCalls),
            Ok(false) => return Told::text(StatusCode::SERVICE_UNAVAILABLE, "too many calls wait"),
            Err(error) => {
                tracing::warn!(%error, "a call of the admin API could not be passed on");
                return not_passed_on(&error);
            }
        }
        match timeout(self.patience, wait.answer()).await {
            Ok(Some(answer)) => told(answer),
            _ => Told::text(StatusCode::GATEWAY_TIMEOUT, "no answer in time"),
        }
    }

    fn call(&self, path: String, asked: Asked) -> Option<AdminCall> {
        let text = |value: &HeaderValue| value.to_str().map(str::to_owned).ok();
        let idempotency_key = match asked.headers.get(IDEMPOTENCY_KEY) {
            Some(value) => Some(text(value)?),
            None => None,
        };
        let headers = asked.headers.iter().filter_map(|(name, value)| {
            let stays = NOT_PASSED_ON.contains(&name.as_str());
            let allowed = !stays && Headers::new([(name.as_str(), value.to_str().ok()?)]).is_ok();
            allowed.then(|| Some((name.as_str().to_owned(), text(value)?)))?
        });
        Some(AdminCall {
            id: format!("{:016x}{:016x}", random(), random()),
            reply_to: self.reply_to.clone(),
            deadline: (self.clock.now() + self.patience).0,
            method: asked.method.as_str().to_owned(),
            path,
            headers: headers.collect::<BTreeMap<_, _>>(),
            body: asked.body,
            idempotency_key,
        })
    }
}

/// A Redis that does not answer may have taken the call.
fn not_passed_on(error: &StoreError) -> Told {
    match error {
        StoreError::Unavailable(_) => Told::text(
            StatusCode::GATEWAY_TIMEOUT,
            "Redis does not answer: whether the call is made is not known",
        ),
        _ => Told::text(StatusCode::SERVICE_UNAVAILABLE, "Redis does not take the call"),
    }
}

impl std::fmt::Debug for AdminProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminProxy")
    }
}

/// The answer as the caller gets it; headers that belong to the deliverer's connection stay behind.
fn told(answer: AdminAnswer) -> Told {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut headers = HeaderMap::new();
    for (name, value) in &answer.headers {
        let parsed = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        let allowed = Headers::new([(name.as_str(), value.as_str())]).is_ok();
        if let Some((name, value)) = parsed.filter(|_| allowed) {
            headers.insert(name, value);
        }
    }
    Told { headers, ..Told::text(status, answer.body) }
}
