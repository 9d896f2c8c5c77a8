//! The bodies of callbacks, as SocketDock writes them, and what we add.

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::dock::{Berth, Message, Turned};
use crate::{Frame, HeaderMap, Visit};

#[derive(serde::Serialize)]
struct Letter<'a> {
    meta: Meta<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// `path`, `query`, `remote`, `number` and `encoding` are additions.
#[derive(Default, serde::Serialize)]
struct Meta<'a> {
    send: String,
    disconnect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Headers<'a>>,
    connection_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

#[derive(serde::Serialize)]
struct Farewell {
    connection_id: String,
}

/// Of a name that repeats the first value is told. Values are bytes; each becomes the character with its number (ISO 8859-1), as WSGI and ASGI
/// servers have it.
struct Headers<'a>(&'a HeaderMap);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.keys_len()))?;
        for name in self.0.keys() {
            let value = self.0.get(name).map_or(&[][..], |value| value.as_bytes());
            let text: String = value.iter().copied().map(char::from).collect();
            map.serialize_entry(name.as_str(), &text)?;
        }
        map.end()
    }
}

fn meta<'a>(endpoint: &str, berth: &Berth) -> Meta<'a> {
    let connection_id = berth.id().to_string();
    Meta {
        send: format!("{endpoint}/socket/{connection_id}/send"),
        disconnect: format!("{endpoint}/socket/{connection_id}/disconnect"),
        connection_id,
        ..Meta::default()
    }
}

/// A socket came.
pub(super) fn connect(endpoint: &str, berth: &Berth, visit: &Visit) -> Bytes {
    let meta = Meta {
        headers: Some(Headers(visit.headers())),
        path: Some(visit.path()),
        query: visit.query(),
        remote: Some(visit.remote().to_string()),
        ..meta(endpoint, berth)
    };
    json(&Letter { meta, message: None })
}

/// It brought a message. What is no text travels as base64, if the backend understands that.
///
/// # Errors
///
/// If it is no text and there is no way to say it.
pub(super) fn message(
    endpoint: &str,
    berth: &Berth,
    message: &Message,
    base64: bool,
) -> Result<Bytes, Turned> {
    let (Frame::Text(payload) | Frame::Binary(payload)) = &message.frame;
    let meta = Meta { number: Some(message.number), ..meta(endpoint, berth) };
    match std::str::from_utf8(payload) {
        Ok(text) => Ok(json(&Letter { meta, message: Some(text) })),
        Err(_) if base64 => {
            let text = BASE64_STANDARD.encode(payload);
            let meta = Meta { encoding: Some("base64"), ..meta };
            Ok(json(&Letter { meta, message: Some(&text) }))
        }
        Err(_) => Err(Turned::Unfit),
    }
}

/// It is over.
pub(super) fn disconnect(berth: &Berth) -> Bytes {
    json(&Farewell { connection_id: berth.id().to_string() })
}

fn json(letter: &impl Serialize) -> Bytes {
    // Only maps with keys that are no strings, and writers, can fail; there are none here.
    serde_json::to_vec(letter).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use hyper::Request;

    use super::*;
    use crate::dock::BerthId;

    const ID: &str = "07070707070747078707070707070707";

    fn berth() -> Berth {
        Berth::new(BerthId::from_random([7; 16]), 100)
    }

    fn text(bytes: &Bytes) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_socket_is_announced_with_its_headers_and_where_it_came_from() {
        let request = Request::get("/ws?token=a%20b")
            .header("Authorization", "Bearer x")
            .header("x-two", "first")
            .header("x-two", "second")
            .header("x-latin", &b"caf\xe9"[..])
            .body(())
            .unwrap();
        let visit = Visit::new(request.into_parts().0, IpAddr::from([192, 0, 2, 7]));
        let expected = format!(
            r#"{{"meta":{{"send":"http://d/socket/{ID}/send","disconnect":"http://d/socket/{ID}/disconnect","headers":{{"authorization":"Bearer x","x-two":"first","x-latin":"café"}},"connection_id":"{ID}","path":"/ws","query":"token=a%20b","remote":"192.0.2.7"}}}}"#
        );
        assert_eq!(text(&connect("http://d", &berth(), &visit)), expected);
    }

    #[test]
    fn a_message_is_a_string_whatever_is_in_it() {
        let frame = Frame::Binary(Bytes::from_static(br#"{"a":1}"#));
        let letter = message("http://d", &berth(), &Message { number: 3, frame }, false).unwrap();
        let expected = format!(
            r#"{{"meta":{{"send":"http://d/socket/{ID}/send","disconnect":"http://d/socket/{ID}/disconnect","connection_id":"{ID}","number":3}},"message":"{{\"a\":1}}"}}"#
        );
        assert_eq!(text(&letter), expected);
    }

    #[test]
    fn what_is_no_text_is_base64_or_nothing() {
        let message = |base64| {
            let frame = Frame::Binary(Bytes::from_static(&[0xff, 0xfe]));
            super::message("http://d", &berth(), &Message { number: 1, frame }, base64)
        };
        assert_eq!(message(false), Err(Turned::Unfit));
        let letter = message(true).unwrap();
        assert!(text(&letter).ends_with(r#""encoding":"base64"},"message":"//4="}"#));
    }

    #[test]
    fn the_end_has_no_meta() {
        assert_eq!(text(&disconnect(&berth())), format!(r#"{{"connection_id":"{ID}"}}"#));
    }
}
