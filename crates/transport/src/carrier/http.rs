//! One POST for each envelope, over pooled connections.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mediator::{Carried, End};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use rustls::ClientConfig;

use super::names::{Names, NoAddress};
use super::{CarrierOptions, Headers, Outcome, stopped};
use crate::media;

/// Bodies of answers are read, so that the connection can be used again, up to here.
const ANSWER_BYTES: usize = 64 * 1024;

/// How long a connection at rest is kept. Shorter than servers keep theirs: aiohttp 75 s, Node 5 s.
const KEEP_IDLE: Duration = Duration::from_secs(4);

/// See the module.
#[derive(Debug)]
pub(super) struct Poster {
    pub(super) client: Client,
    names: Arc<Names>,
}

impl Poster {
    pub(super) fn new(
        options: &CarrierOptions,
        tls: &ClientConfig,
        names: Arc<Names>,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .dns_resolver(names.clone())
            // A redirect could lead to where we must not go, and no agent needs one; a proxy would resolve names for us.
            .redirect(Policy::none())
            .no_proxy()
            .timeout(options.timeout)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(KEEP_IDLE)
            .pool_max_idle_per_host(8)
            .build()?;
        Ok(Self { client, names })
    }

    pub(super) async fn carry(&self, url: &Url, envelopes: &[Bytes]) -> Carried {
        for (taken, envelope) in envelopes.iter().enumerate() {
            let request = self.client.post(url.clone()).header(CONTENT_TYPE, media::ENVELOPE);
            match self.send(url, request.body(envelope.clone())).await {
                End::Done => {}
                end => return stopped(taken, end),
            }
        }
        stopped(envelopes.len(), End::Done)
    }

    /// One body with the headers that its author chose.
    pub(super) async fn post(&self, url: &Url, headers: &Headers, body: Bytes) -> End {
        let request = self.client.post(url.clone()).headers(headers.map().clone());
        self.send(url, request.body(body)).await
    }

    async fn send(&self, url: &Url, request: RequestBuilder) -> End {
        if let Err(end) = self.check(url) {
            return end;
        }
        match request.send().await {
            Ok(response) => {
                let status = response.status();
                discard(response).await;
                judge(status).into()
            }
            Err(error) => failure(&error),
        }
    }

    /// Whether the host, if it is an address itself, may be dialled.
    pub(super) fn check(&self, url: &Url) -> Result<(), End> {
        self.names.check_literal(url).map_err(|why| End::Forbidden(why.to_string()))
    }
}

/// What it means that there was no answer.
pub(super) fn failure(error: &reqwest::Error) -> End {
    if is_forbidden(error) {
        End::Forbidden(NoAddress::Forbidden.to_string())
    } else {
        End::Failed(reason(error))
    }
}

/// The status alone tells: agents put nothing for us into the body.
fn judge(status: StatusCode) -> Outcome {
    match status.as_u16() {
        200..=299 => Outcome::Taken,
        // Too slow, too early, too many: all three ask for another try.
        408 | 425 | 429 => Outcome::Failed(status.to_string()),
        400..=499 => Outcome::Refused(status.to_string()),
        _ => Outcome::Failed(status.to_string()),
    }
}

async fn discard(mut response: Response) {
    let mut left = ANSWER_BYTES;
    while let Ok(Some(chunk)) = response.chunk().await {
        let Some(rest) = left.checked_sub(chunk.len()) else { return };
        left = rest;
    }
}

fn is_forbidden(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| matches!(cause.downcast_ref(), Some(NoAddress::Forbidden)))
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source())
}

/// The last cause says most, and unlike the first it does not repeat the address.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    causes(error).last().map_or_else(|| "not reached".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_of_the_envelope_itself_is_final() {
        let end = |code| judge(StatusCode::from_u16(code).unwrap());
        assert!(matches!(end(200), Outcome::Taken));
        assert!(matches!(end(204), Outcome::Taken));
        for refused in [400, 401, 404, 410, 413, 415, 422] {
            assert!(matches!(end(refused), Outcome::Refused(_)), "{refused}");
        }
        for later in [301, 308, 408, 425, 429, 500, 503] {
            assert!(matches!(end(later), Outcome::Failed(_)), "{later}");
        }
    }
}
