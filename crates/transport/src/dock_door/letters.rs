//! What a dock writes, read.

use mediator::docked::{BerthId, Event, Note, Reach};
use serde::Deserialize;

#[derive(Deserialize)]
struct Letter {
    meta: Meta,
    message: Option<String>,
}

/// Headers, path and address of the wallet may be there too; authority comes from envelopes alone.
#[derive(Deserialize)]
struct Meta {
    connection_id: BerthId,
    send: String,
    #[serde(default)]
    disconnect: Option<String>,
    #[serde(default)]
    number: Option<u64>,
}

#[derive(Deserialize)]
struct Farewell {
    connection_id: BerthId,
}

/// A socket came.
pub(super) fn connect(body: &[u8]) -> Option<Note> {
    let Letter { meta, .. } = serde_json::from_slice(body).ok()?;
    Some(note(meta, Event::Opened))
}

/// It brought a message.
pub(super) fn message(body: &[u8]) -> Option<Note> {
    let Letter { meta, message } = serde_json::from_slice(body).ok()?;
    Some(note(meta, Event::Frame(message?.into())))
}

/// It is over.
pub(super) fn disconnect(body: &[u8]) -> Option<Note> {
    let Farewell { connection_id } = serde_json::from_slice(body).ok()?;
    Some(Note { berth: connection_id, reach: None, event: Event::Closed, number: None })
}

fn note(meta: Meta, event: Event) -> Note {
    let Meta { connection_id, send, disconnect, number } = meta;
    Note { berth: connection_id, reach: Some(Reach::Http { send, disconnect }), event, number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_of_socketdock_is_understood() {
        let meta = r#""meta":{"send":"http://d/socket/ab/send","disconnect":"http://d/socket/ab/disconnect","connection_id":"ab""#;
        let opened = format!(r#"{{{meta},"headers":{{"host":"d"}}}}}}"#);
        let note = connect(opened.as_bytes()).unwrap();
        assert_eq!((note.berth.as_str(), &note.event), ("ab", &Event::Opened));
        let said = format!(r#"{{{meta}}},"message":"{{\"a\":1}}"}}"#);
        let note = message(said.as_bytes()).unwrap();
        assert_eq!((&note.event, note.number), (&Event::Frame(r#"{"a":1}"#.into()), None));
        let counted = said.replacen("\"ab\"", "\"ab\",\"number\":3", 1);
        assert_eq!(message(counted.as_bytes()).unwrap().number, Some(3));
        assert_eq!(note.reach.unwrap().dock(), "http://d");
        let note = disconnect(br#"{"connection_id":"ab"}"#).unwrap();
        assert_eq!((note.reach, note.event), (None, Event::Closed));
    }

    #[test]
    fn junk_is_no_letter() {
        for junk in [
            "",
            "[]",
            "{}",
            r#"{"meta":{}}"#,
            r#"{"connection_id":"a/b"}"#,
            r#"{"connection_id":7}"#,
        ] {
            let found =
                [connect(junk.as_bytes()), message(junk.as_bytes()), disconnect(junk.as_bytes())];
            assert_eq!(found, [None, None, None], "{junk}");
        }
        assert_eq!(message(br#"{"meta":{"send":"x","connection_id":"a"},"message":null}"#), None);
    }
}
