//! Reading a request's body, within its limits.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is longer than allowed: it says so, or went on beyond the limit.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    /// It ended early.
    Broken,
}

/// Reads a body of at most `limit` bytes. One that announces more is refused before a byte of it is read.
pub(crate) async fn read(
    body: Incoming,
    limit: usize,
    patience: Duration,
) -> Result<BytesMut, Unread> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(Unread::TooLarge);
    }
    timeout(patience, collect(body, limit)).await.unwrap_or(Err(Unread::TooSlow))
}

async fn collect(mut body: Incoming, limit: usize) -> Result<BytesMut, Unread> {
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // What is announced is not reserved: the bytes have to come before they cost anything.
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        if data.remaining() > limit - collected.len() {
            return Err(Unread::TooLarge);
        }
        collected.extend_from_slice(&data);
    }
    Ok(collected)
}
