//! Which docks are believed, and which addresses are called for them.

use std::time::Duration;

use mediator::docked::{Event, Note, Reach};
use reqwest::Url;
use store::Timestamp;

use crate::Asked;
use crate::dock::signature::{self, Keys, SIGNATURE, TIMESTAMP};

/// Docks that were named, and keys of docks that sign.
///
/// A callback with a valid signature may name any `http` or `https` address to send to. Without one it may only name the two addresses of
/// its own socket at a dock that was named: `<base>/socket/<connection_id>/send` and `…/disconnect`.
#[derive(Debug, Default)]
pub struct Trust {
    bases: Vec<String>,
    keys: Option<Keys>,
    tolerance: Duration,
}

/// Not the base of a dock's addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not the http or https address of a dock")]
pub struct BadDock(String);

/// Why a callback is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distrust {
    /// Its signature is missing, or no good.
    Forged,
    /// It names an address that is not of a dock of ours.
    Stranger,
}

impl Trust {
    /// Trust in the docks with these addresses, as they say them of themselves (`--endpoint`), and in those that sign with these keys.
    ///
    /// # Errors
    ///
    /// The first address that is none.
    pub fn new(docks: &[String], keys: Option<Keys>) -> Result<Self, BadDock> {
        let bases = docks.iter().map(|dock| base(dock).ok_or_else(|| BadDock(dock.clone())));
        Ok(Self { bases: bases.collect::<Result<_, _>>()?, keys, tolerance: signature::TOLERANCE })
    }

    /// Whether the callback is signed. One with a bad signature is not taken for one without.
    pub(super) fn check(&self, asked: &Asked, now: Timestamp) -> Result<bool, Distrust> {
        let header = |name| asked.headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(keys), Some(signature)) = (&self.keys, header(SIGNATURE)) else {
            // Without a dock that was named, everybody has to sign.
            return if self.bases.is_empty() { Err(Distrust::Forged) } else { Ok(false) };
        };
        let signed = (header(TIMESTAMP).unwrap_or_default(), signature);
        match signature::verify(keys, now, self.tolerance, signed, &asked.body) {
            Ok(_) => Ok(true),
            Err(why) => {
                tracing::warn!(%why, "a callback of a dock is not believed");
                Err(Distrust::Forged)
            }
        }
    }

    /// Whether what the note says may be believed.
    pub(super) fn admit(&self, note: &Note, signed: bool) -> Result<(), Distrust> {
        let Some(Reach::Http { send, disconnect }) = &note.reach else {
            return if note.event == Event::Closed { Ok(()) } else { Err(Distrust::Stranger) };
        };
        let may_call = |uri: &str, what: &str| match signed {
            true => is_http(uri),
            false => self.is_of_its_own(uri, note.berth.as_str(), what),
        };
        let disconnects = disconnect.as_deref().is_none_or(|uri| may_call(uri, "disconnect"));
        if may_call(send, "send") && disconnects { Ok(()) } else { Err(Distrust::Stranger) }
    }

    fn is_of_its_own(&self, uri: &str, berth: &str, what: &str) -> bool {
        self.bases.iter().any(|base| {
            let rest = uri.strip_prefix(base.as_str()).map(|rest| rest.trim_start_matches('/'));
            rest == Some(&format!("socket/{berth}/{what}"))
        })
    }
}

/// The base without slashes at its end, if it is spelled as it will be dialled.
fn base(dock: &str) -> Option<String> {
    let base = dock.trim_end_matches('/');
    let url = Url::parse(base).ok()?;
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let is_same = url.as_str().trim_end_matches('/') == base;
    (is_http(base) && is_plain && is_same).then(|| format!("{base}/"))
}

fn is_http(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(docks: &[&str]) -> Trust {
        let docks: Vec<_> = docks.iter().map(|dock| (*dock).to_owned()).collect();
        Trust::new(&docks, None).unwrap()
    }

    fn admits(trust: &Trust, signed: bool, send: &str, disconnect: Option<&str>) -> bool {
        let reach =
            Reach::Http { send: send.to_owned(), disconnect: disconnect.map(str::to_owned) };
        let (berth, event) = ("ab".parse().unwrap(), Event::Opened);
        let note = Note { berth, reach: Some(reach), event, number: None };
        trust.admit(&note, signed).is_ok()
    }

    #[test]
    fn a_dock_that_was_named_has_its_own_two_addresses_for_each_socket() {
        for base in ["http://10.0.0.5:8765", "http://10.0.0.5:8765/", "https://dock.example.org/in"]
        {
            let trust = trust(&[base]);
            let base = base.trim_end_matches('/');
            let (send, end) =
                (format!("{base}/socket/ab/send"), format!("{base}/socket/ab/disconnect"));
            assert!(admits(&trust, false, &send, Some(&end)), "{base}");
            assert!(admits(&trust, false, &send, None), "{base}");
            // SocketDock keeps a slash at the end of its endpoint.
            assert!(admits(&trust, false, &format!("{base}//socket/ab/send"), None), "{base}");
        }
    }

    #[test]
    fn any_other_address_is_a_strangers() {
        let trust = trust(&["http://10.0.0.5:8765"]);
        for send in [
            "http://10.0.0.5:8765/socket/cd/send",
            "http://10.0.0.5:8765/socket/ab/disconnect",
            "http://10.0.0.5:8765/socket/ab/send?x=1",
            "http://10.0.0.5:8765/socket/../admin/ab/send",
            "http://10.0.0.5:87650/socket/ab/send",
            "http://10.0.0.5:8765@evil.example/socket/ab/send",
            "http://10.0.0.5/socket/ab/send",
            "https://10.0.0.5:8765/socket/ab/send",
            "http://169.254.169.254/socket/ab/send",
            "file:///socket/ab/send",
            "",
        ] {
            assert!(!admits(&trust, false, send, None), "{send}");
        }
        let send = "http://10.0.0.5:8765/socket/ab/send";
        assert!(!admits(&trust, false, send, Some("http://127.0.0.1/x")));
    }

    #[test]
    fn whoever_signs_may_name_any_address_of_http() {
        let trust = Trust::default();
        assert!(admits(&trust, true, "http://10.0.0.6:1/socket/ab/send", None));
        assert!(!admits(&trust, true, "file:///etc/passwd", None));
        assert!(!admits(&trust, true, "nonsense", None));
    }

    #[test]
    fn an_address_that_is_no_dock_is_refused_at_the_start() {
        for bad in [
            "10.0.0.5:8765",
            "ftp://dock",
            "http://user@dock",
            "http://dock/?x",
            "http://dock/a/../b",
            "HTTP://Dock",
        ] {
            assert_eq!(Trust::new(&[bad.to_owned()], None).unwrap_err(), BadDock(bad.to_owned()));
        }
    }
}
