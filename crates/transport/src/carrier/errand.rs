//! One request in somebody's name, and its answer.

use bytes::{Bytes, BytesMut};
use mediator::End;
use reqwest::{Method, Response, Url};

use super::Headers;
use super::http::{Poster, failure};

/// A request that is not ours: its author says everything about it.
#[derive(Clone)]
pub struct Errand {
    /// The method.
    pub method: String,
    /// An `http` or `https` URL.
    pub url: String,
    /// Its headers, and no others but those of the connection.
    pub headers: Headers,
    /// Its body.
    pub body: Bytes,
    /// An answer may have so many bytes.
    pub answer_bytes: usize,
}

/// What came back.
#[derive(Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// The request was not made.
    #[error("{0}")]
    NotMade(String),
    /// It may have been followed, or not.
    #[error("{0}")]
    Lost(String),
}

impl Poster {
    /// Asks, and reads the answer, whatever its status.
    pub(super) async fn ask(&self, errand: Errand) -> Result<Reply, NoReply> {
        let bad = |what: &str| NoReply::NotMade(what.to_owned());
        let url = Url::parse(&errand.url).map_err(|_| bad("not a URL"))?;
        let method = Method::from_bytes(errand.method.as_bytes()).map_err(|_| bad("no method"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("not an address of http or https"));
        }
        self.check(&url).map_err(|end| NoReply::NotMade(said(end)))?;
        let request = self.client.request(method, url).headers(errand.headers.map().clone());
        let response = request.body(errand.body).send().await.map_err(|error| no_reply(&error))?;
        read(response, errand.answer_bytes).await
    }
}

async fn read(mut response: Response, most: usize) -> Result<Reply, NoReply> {
    let status = response.status().as_u16();
    let headers = Headers::received(std::mem::take(response.headers_mut()));
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| no_reply(&error))? {
        if body.len() + chunk.len() > most {
            return Err(NoReply::Lost("the answer is too long".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, headers, body: body.freeze() })
}

fn no_reply(error: &reqwest::Error) -> NoReply {
    let why = said(failure(error));
    if error.is_connect() { NoReply::NotMade(why) } else { NoReply::Lost(why) }
}

fn said(end: End) -> String {
    match end {
        End::Done => String::new(),
        End::Refused(why) | End::Failed(why) | End::Forbidden(why) => why,
    }
}
