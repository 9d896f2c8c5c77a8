//! Frames for sockets at docks, posted.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mediator::CloseReason;
use mediator::docked::{BerthId, Outlet, Reach, Unsent};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder};

use crate::carrier::Roots;

/// How docks are called.
#[derive(Debug, Clone)]
pub struct HttpOutletOptions {
    /// How long one call may take.
    pub timeout: Duration,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// A key that docks ask for, if they do.
    pub bearer: Option<String>,
    /// Who may have signed the certificates of docks, beside those whom the system trusts.
    pub roots: Roots,
}

impl Default for HttpOutletOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(3),
            bearer: None,
            roots: Roots::new(),
        }
    }
}

/// Reaches sockets by POSTs to their `send` addresses, as SocketDock has it.
pub struct HttpOutlet {
    client: Client,
    bearer: Option<HeaderValue>,
}

/// A connection at rest is kept for less than SocketDock keeps it: 5 s.
const KEEP_IDLE: Duration = Duration::from_secs(4);

/// Connections at rest, to one dock.
const KEEP_MOST: usize = 64;

/// Answers are read up to here.
const ANSWER_BYTES: usize = 64 * 1024;

/// What a text frame is sent as: exactly this, without a charset.
const TEXT: &str = "text/plain";

impl HttpOutlet {
    /// An outlet; connects to nobody yet.
    ///
    /// # Errors
    ///
    /// If the HTTP client cannot be set up, or the key fits in no header.
    pub fn new(options: &HttpOutletOptions) -> std::io::Result<Self> {
        let roots = options.roots.iter().map(|root| Certificate::from_der(root));
        let roots: Vec<_> = roots.collect::<Result<_, _>>().map_err(std::io::Error::other)?;
        let client = Client::builder()
            .tls_certs_merge(roots)
            // A redirect could lead to where nobody said that we may go.
            .redirect(Policy::none())
            .no_proxy()
            .timeout(options.timeout)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(KEEP_IDLE)
            .pool_max_idle_per_host(KEEP_MOST)
            .tcp_nodelay(true)
            .build()
            .map_err(std::io::Error::other)?;
        let bearer = options.bearer.as_deref().map(bearer).transpose()?;
        Ok(Self { client, bearer })
    }

    async fn call(&self, request: RequestBuilder) -> Result<(), Unsent> {
        let request = match &self.bearer {
            Some(bearer) => request.header(AUTHORIZATION, bearer.clone()),
            None => request,
        };
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                tracing::debug!(error = %error.without_url(), "a dock does not answer");
                return Err(Unsent::NoDock);
            }
        };
        let status = response.status();
        // Read, so that the connection can be used again.
        let mut left = ANSWER_BYTES;
        while let Ok(Some(chunk)) = response.chunk().await {
            let Some(rest) = left.checked_sub(chunk.len()) else { break };
            left = rest;
        }
        match status.as_u16() {
            200..=299 => Ok(()),
            401 | 403 => {
                tracing::warn!(%status, "a dock does not know us");
                Err(Unsent::Gone)
            }
            _ => Err(Unsent::Gone),
        }
    }
}

fn bearer(key: &str) -> std::io::Result<HeaderValue> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {key}")).map_err(std::io::Error::other)?;
    value.set_sensitive(true);
    Ok(value)
}

#[async_trait]
impl Outlet for HttpOutlet {
    async fn send(&self, _: &BerthId, reach: &Reach, envelope: Bytes) -> Result<(), Unsent> {
        let Reach::Http { send, .. } = reach else { return Err(Unsent::Gone) };
        let request = self.client.post(send).header(CONTENT_TYPE, HeaderValue::from_static(TEXT));
        self.call(request.body(envelope)).await
    }

    /// Docks that call back report no pongs.
    async fn ping(&self, _: &BerthId, _: &Reach, _: u64) -> Result<(), Unsent> {
        Ok(())
    }

    async fn close(&self, _: &BerthId, reach: &Reach, _: CloseReason) {
        if let Reach::Http { disconnect: Some(disconnect), .. } = reach {
            // One that is gone already says so.
            let _ = self.call(self.client.post(disconnect)).await;
        }
    }
}
