//! A call, checked.

use bytes::Bytes;
use transport::{Errand, Headers};
use url::Url;

use super::AdminApi;
use crate::deliverer::trade::lane_of;
use crate::wire::{AdminAnswer, AdminCall};

/// A call that may be made.
pub(super) struct Checked {
    /// Whether making it twice does no harm.
    pub reads: bool,
    pub errand: Errand,
}

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// # Errors
/// Why it may not be made.
pub(super) fn check(call: &AdminCall, api: &AdminApi) -> Result<Checked, String> {
    if !METHODS.contains(&call.method.as_str()) {
        return Err("the method is none of the admin API".to_owned());
    }
    let url = url(&call.path, &api.url).ok_or("the path is none of the admin API")?;
    let pairs = call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let errand = Errand {
        method: call.method.clone(),
        url: url.into(),
        headers: Headers::new(pairs).map_err(|bad| bad.to_string())?,
        body: call.body.clone(),
        answer_bytes: api.answer_bytes,
    };
    Ok(Checked { reads: matches!(call.method.as_str(), "GET" | "HEAD"), errand })
}

/// The path below the API's own URL, and not elsewhere.
fn url(path: &str, api: &Url) -> Option<Url> {
    let base = api.as_str().trim_end_matches('/');
    let url = path.starts_with('/').then(|| Url::parse(&format!("{base}{path}")).ok())??;
    let below = api.path().trim_end_matches('/');
    (url.origin() == api.origin() && url.path().starts_with(&format!("{below}/"))).then_some(url)
}

/// Calls with the same idempotency key and the same credentials stand in one line, all others in their own.
pub(super) fn lane(call: &AdminCall) -> String {
    let credential = |name: &str| call.headers.get(name).map(String::as_bytes).unwrap_or_default();
    match &call.idempotency_key {
        Some(key) => {
            lane_of(&[b"key", key.as_bytes(), credential("x-api-key"), credential("authorization")])
        }
        None => lane_of(&[b"id", call.id.as_bytes(), call.reply_to.as_bytes()]),
    }
}

/// What the call asks for, for comparison with another of the same idempotency key.
pub(super) fn fingerprint(call: &AdminCall) -> String {
    lane_of(&[call.method.as_bytes(), call.path.as_bytes(), &call.body])
}

/// An answer of our own.
pub(super) fn answer(call: &AdminCall, status: u16, why: &str) -> AdminAnswer {
    AdminAnswer {
        id: call.id.clone(),
        status,
        headers: [("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())].into(),
        body: Bytes::from(why.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_admin_api() {
        let api = Url::parse("http://acapy:8031/admin").unwrap();
        let below = |path| url(path, &api).map(String::from);
        assert_eq!(below("/status?x=1").unwrap(), "http://acapy:8031/admin/status?x=1");
        for outside in ["status", "@evil/", "/../x", "/%2e%2e/x", "/a/../../x", ""] {
            assert_eq!(below(outside), None, "{outside}");
        }
    }

    #[test]
    fn an_idempotency_key_belongs_to_whoever_has_the_same_credentials() {
        let call = |api_key: &str| AdminCall {
            id: api_key.to_owned(),
            reply_to: String::new(),
            deadline: 0,
            method: "POST".to_owned(),
            path: "/".to_owned(),
            headers: [("x-api-key".to_owned(), api_key.to_owned())].into(),
            body: Bytes::new(),
            idempotency_key: Some("k".to_owned()),
        };
        assert_ne!(lane(&call("a")), lane(&call("b")));
        assert_eq!(lane(&call("a")), lane(&AdminCall { id: "other".to_owned(), ..call("a") }));
    }
}
