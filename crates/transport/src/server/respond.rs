//! What goes back over HTTP.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::receipt::Parcel;
use super::wire::Pulse;
use crate::{Page, Told};

/// A body that is there as a whole, and perhaps a receipt that goes with its last byte.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    bytes: Bytes,
    parcel: Option<(Parcel, Arc<Pulse>)>,
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let reply = self.get_mut();
        if reply.bytes.is_empty() {
            return Poll::Ready(None);
        }
        if let Some((parcel, pulse)) = reply.parcel.take() {
            pulse.handed_over(parcel);
        }
        Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut reply.bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

/// A status and nothing else.
pub(crate) fn status(code: StatusCode) -> Response<Reply> {
    let mut response = Response::new(Reply::default());
    *response.status_mut() = code;
    response
}

/// A status and a line that says why.
pub(crate) fn text(code: StatusCode, why: &'static str) -> Response<Reply> {
    let mut response = body(
        Bytes::from_static(why.as_bytes()),
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    *response.status_mut() = code;
    response
}

/// 200 and an envelope.
pub(crate) fn envelope(
    bytes: Bytes,
    media_type: &'static str,
    parcel: Option<(Parcel, Arc<Pulse>)>,
) -> Response<Reply> {
    let mut response = body(bytes, HeaderValue::from_static(media_type));
    response.body_mut().parcel = parcel;
    response
}

/// 200 and a page.
pub(crate) fn page(page: Page) -> Response<Reply> {
    let mut response = body(page.body, HeaderValue::from_static(page.content_type));
    if let Some(policy) = page.policy {
        put(&mut response, header::CONTENT_SECURITY_POLICY, policy);
    }
    put(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(&mut response, header::REFERRER_POLICY, "no-referrer");
    put(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

/// What the office answers by itself.
pub(crate) fn told(told: Told) -> Response<Reply> {
    let mut response = body(told.body, HeaderValue::from_static(told.content_type));
    *response.status_mut() = told.status;
    response.headers_mut().extend(told.headers);
    response
}

/// Adds a header.
pub(crate) fn put(response: &mut Response<Reply>, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

fn body(bytes: Bytes, content_type: HeaderValue) -> Response<Reply> {
    let mut response = Response::new(Reply { bytes, parcel: None });
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
