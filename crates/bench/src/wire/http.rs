//! Posts.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Response, Url};
use serde_json::Value;

use super::tls;
use crate::trouble::Trouble;

/// Posts envelopes over connections that it keeps. Clones share them.
#[derive(Clone)]
pub(crate) struct Poster(Client);

/// What came of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Posted {
    /// A 2xx with nothing to read.
    Accepted,
    /// A 2xx and an envelope.
    Answered(Bytes),
    /// Another status, and the words with it.
    Refused(u16, String),
    /// No answer, and why.
    Cut(String),
}

/// Shorter than servers keep theirs (Node 5 s), lest a post meets a connection that is just being closed.
const KEEP_IDLE: Duration = Duration::from_secs(4);

/// What an answer may have.
const ANSWER_BYTES: usize = 8 << 20;

impl Poster {
    /// One that waits so long for an answer.
    ///
    /// # Errors
    /// If this machine has no TLS.
    pub fn new(patience: Duration) -> Result<Self, Trouble> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client()?)
            .no_proxy()
            .timeout(patience)
            .pool_idle_timeout(KEEP_IDLE)
            .build()
            .map_err(|error| Trouble::Here(format!("no HTTP client: {error}")))?;
        Ok(Self(client))
    }

    /// Posts an envelope.
    pub async fn post(&self, to: &Url, envelope: Bytes) -> Posted {
        let request =
            self.0.post(to.clone()).header(CONTENT_TYPE, "application/didcomm-envelope-enc");
        match request.body(envelope).send().await {
            Ok(answer) => read(answer).await,
            Err(error) => Posted::Cut(reason(&error)),
        }
    }

    /// The invitation that an address answers with: as message, as `invitation` in some other JSON, or as a link it leads on to.
    ///
    /// # Errors
    /// If nobody answers, or with something else.
    pub async fn fetch(&self, link: &str) -> Result<String, Trouble> {
        let unreachable = |why| Trouble::Unreachable { place: place(link), why };
        let request = self.0.get(link).header(ACCEPT, "application/json");
        let answer = request.send().await.map_err(|error| unreachable(reason(&error)))?;
        let (status, led_to) = (answer.status().as_u16(), answer.url().to_string());
        match read(answer).await {
            Posted::Answered(body) => Ok(invitation_in(&body).unwrap_or(led_to)),
            Posted::Accepted => Ok(led_to),
            Posted::Refused(_, words) => {
                Err(Trouble::Refused { what: "an invitation", status, words })
            }
            Posted::Cut(why) => Err(unreachable(why)),
        }
    }
}

async fn read(mut answer: Response) -> Posted {
    let status = answer.status();
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_BYTES => body.extend(chunk),
            Ok(Some(_)) => return Posted::Cut("the answer is too long".to_owned()),
            Ok(None) => break,
            Err(error) => return Posted::Cut(reason(&error)),
        }
    }
    match (status.is_success(), body.is_empty()) {
        (true, true) => Posted::Accepted,
        (true, false) => Posted::Answered(body.into()),
        (false, _) => Posted::Refused(status.as_u16(), String::from_utf8_lossy(&body).into_owned()),
    }
}

fn invitation_in(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let invitation = value.get("invitation").unwrap_or(&value);
    invitation.is_object().then(|| invitation.to_string())
}

/// The innermost cause, which is what says something ("connection refused").
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Scheme, host and port of a link, which may carry secrets elsewhere.
pub(super) fn place(link: &str) -> String {
    Url::parse(link)
        .map_or_else(|_| "the address".to_owned(), |url| url.origin().ascii_serialization())
}
