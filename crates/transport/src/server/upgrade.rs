//! The opening handshake of a WebSocket (RFC 6455, section 4.2).

use std::net::IpAddr;
use std::sync::Arc;

use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::places::{NoPlace, Place, Places};
use super::respond::{self, Reply};
use crate::Count;

/// The only version of the protocol (RFC 6455, section 4.1).
const VERSION: &str = "13";

/// Whether the request asks for a WebSocket at all.
pub(crate) fn is_asked_for(headers: &HeaderMap) -> bool {
    lists(headers, header::UPGRADE, "websocket")
}

/// Why a handshake does not end in a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSocket {
    /// It lacks what a handshake needs.
    Malformed,
    /// It is for another version.
    Version,
    /// There is no place for it.
    NoPlace(NoPlace),
}

/// The answer to a handshake, and the new socket's place.
pub(crate) fn accept(
    headers: &HeaderMap,
    sockets: &Arc<Places>,
    address: IpAddr,
) -> Result<(Response<Reply>, Place), NoSocket> {
    let accept = accept_key(headers)?;
    let place = sockets.take(address).map_err(NoSocket::NoPlace)?;
    let mut response = respond::status(StatusCode::SWITCHING_PROTOCOLS);
    respond::put(&mut response, header::CONNECTION, "upgrade");
    respond::put(&mut response, header::UPGRADE, "websocket");
    response.headers_mut().insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok((response, place))
}

fn accept_key(headers: &HeaderMap) -> Result<HeaderValue, NoSocket> {
    if !lists(headers, header::CONNECTION, "upgrade") {
        return Err(NoSocket::Malformed);
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != VERSION) {
        return Err(NoSocket::Version);
    }
    headers
        .get(header::SEC_WEBSOCKET_KEY)
        .filter(|key| key.len() == 24)
        .and_then(|key| HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok())
        .ok_or(NoSocket::Malformed)
}

/// The answer to a handshake that failed, and what it counts as.
pub(crate) fn refuse(no: NoSocket) -> (Count, Response<Reply>) {
    match no {
        NoSocket::Malformed => (
            Count::BadUpgrades,
            respond::text(StatusCode::BAD_REQUEST, "not a WebSocket handshake"),
        ),
        NoSocket::Version => (Count::BadUpgrades, required()),
        NoSocket::NoPlace(NoPlace::Full) => {
            (Count::SocketsFull, crowded(StatusCode::SERVICE_UNAVAILABLE))
        }
        NoSocket::NoPlace(NoPlace::Crowded) => {
            (Count::SocketsCrowded, crowded(StatusCode::TOO_MANY_REQUESTS))
        }
    }
}

fn crowded(code: StatusCode) -> Response<Reply> {
    later(code, "too many sockets", "10")
}

/// No socket now, but perhaps in so many seconds.
pub(crate) fn later(code: StatusCode, why: &'static str, seconds: &'static str) -> Response<Reply> {
    let mut response = respond::text(code, why);
    respond::put(&mut response, header::RETRY_AFTER, seconds);
    response
}

/// 426: this place speaks WebSocket, version 13, and nothing else.
pub(crate) fn required() -> Response<Reply> {
    let mut response = respond::text(StatusCode::UPGRADE_REQUIRED, "a WebSocket, please");
    respond::put(&mut response, header::CONNECTION, "upgrade");
    respond::put(&mut response, header::UPGRADE, "websocket");
    respond::put(&mut response, header::SEC_WEBSOCKET_VERSION, VERSION);
    response
}

/// Whether a comma-separated header has this member.
fn lists(headers: &HeaderMap, name: header::HeaderName, member: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(member))
}
