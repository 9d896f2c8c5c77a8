//! One URI that is called back.

use std::io::{self, Write};
use std::sync::Arc;

use hyper::header::HeaderValue;
use hyper::{StatusCode, Uri};

use super::lines::{Lines, Origin};
use crate::dock::signature::{SIGNATURE, Signed, TIMESTAMP};

/// What a callback says of its author.
const USER_AGENT: &str = concat!("restante/", env!("CARGO_PKG_VERSION"));

/// A URI that cannot be called back. What it says of it holds no password, and nothing of path and query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no URI to call back: it has to be http or https, with a host, without a user or a fragment"
)]
pub struct BadTarget(pub String);

impl BadTarget {
    /// Scheme and host of what may be no URI at all. A password may hold any character, so only what follows the last `@` is the host's.
    fn of(text: &str) -> Self {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let host = rest.rsplit('@').next().unwrap_or_default();
        let host = host.split(['/', '?', '#']).next().unwrap_or_default();
        let is_scheme = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
        Self(if is_scheme { format!("{scheme}://{host}") } else { host.to_owned() })
    }
}

/// See the module.
pub(super) struct Target {
    lines: Arc<Lines>,
    /// What all requests begin with.
    head: Vec<u8>,
}

/// Room for the lines that differ.
const OTHER_LINES: usize = 256;

/// Reads a URI, and says where it leads and which path is asked for there.
pub(super) fn parse(text: &str) -> Result<(Origin, Uri, HeaderValue), BadTarget> {
    let bad = || BadTarget::of(text);
    let uri: Uri = text.parse().map_err(|_| bad())?;
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
    let (authority, path) = (authority.ok_or_else(bad)?, uri.path_and_query().ok_or_else(bad)?);
    let (tls, usual_port) = match uri.scheme_str() {
        Some("http") => (false, 80),
        Some("https") => (true, 443),
        _ => return Err(bad()),
    };
    let port = match authority.as_str().strip_prefix(authority.host()) {
        None | Some("") => usual_port,
        // Not the usual one in place of what is no number: that may be a password with a slash in it.
        Some(_) => authority.port_u16().ok_or_else(bad)?,
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    if host.is_empty() || text.contains('#') {
        return Err(bad());
    }
    let header = HeaderValue::from_str(authority.as_str()).map_err(|_| bad())?;
    let path = path.as_str().parse().map_err(|_| bad())?;
    Ok((Origin { tls, host, port }, path, header))
}

impl Target {
    pub(super) fn new(lines: Arc<Lines>, path: &Uri, host: &HeaderValue) -> Self {
        let mut head = format!("POST {path} HTTP/1.1\r\nhost: ").into_bytes();
        head.extend_from_slice(host.as_bytes());
        let rest = format!(
            "\r\ncontent-type: application/json\r\naccept: */*\r\nuser-agent: {USER_AGENT}\r\n"
        );
        head.extend_from_slice(rest.as_bytes());
        Self { lines, head }
    }

    /// Posts JSON, with a signature if there is one, and returns the status.
    pub(super) async fn post(&self, body: &[u8], signed: Option<Signed>) -> io::Result<StatusCode> {
        let request = self.request(body, signed)?;
        self.lines.ask(&request).await
    }

    fn request(&self, body: &[u8], signed: Option<Signed>) -> io::Result<Vec<u8>> {
        let mut request = Vec::with_capacity(self.head.len() + OTHER_LINES + body.len());
        request.extend_from_slice(&self.head);
        if let Some(Signed { timestamp, signature }) = signed {
            write!(request, "{TIMESTAMP}: {timestamp}\r\n{SIGNATURE}: {signature}\r\n")?;
        }
        write!(request, "content-length: {}\r\n\r\n", body.len())?;
        request.extend_from_slice(body);
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_leads_somewhere_and_keeps_its_path_and_query() {
        let (origin, path, host) = parse("https://b.example:8443/in/message?key=1").unwrap();
        assert_eq!(origin, Origin { tls: true, host: "b.example".to_owned(), port: 8443 });
        assert_eq!(
            (path.to_string().as_str(), host.as_bytes()),
            ("/in/message?key=1", &b"b.example:8443"[..])
        );
        let (origin, path, _) = parse("http://[::1]").unwrap();
        assert_eq!((origin.host.as_str(), origin.port, path.path()), ("::1", 80, "/"));
    }

    #[test]
    fn what_is_no_uri_to_call_is_refused() {
        for no in [
            "",
            "/x",
            "b.example/x",
            "ftp://b/x",
            "http://",
            "http://u:p@b/x",
            "http://b/x#y",
            "redis://b",
        ] {
            assert!(parse(no).is_err(), "{no}");
        }
    }

    #[test]
    fn a_refusal_names_scheme_and_host_and_no_secret() {
        for (refused, shown) in [
            ("http://user:secret@b.example:8080/hook?secret=1", "http://b.example:8080"),
            ("http://user:sec/secret@b.example/x", "http://b.example"),
            ("http://user:sec#secret@b.example", "http://b.example"),
            ("user:secret@b.example/secret", "b.example"),
            ("b.example/secret", "b.example"),
            ("", ""),
        ] {
            let error = parse(refused).unwrap_err();
            assert_eq!(error, BadTarget(shown.to_owned()), "{refused}");
            assert!(!error.to_string().contains("sec"), "{error}");
        }
    }
}
