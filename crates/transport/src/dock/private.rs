//! The private side of a dock, where its backend sends to sockets and ends them.
//!
//! | request | answer |
//! | --- | --- |
//! | `POST /socket/{id}/send`, `Content-Type` exactly `text/plain` | 200 `OK`: the body goes out as text; 400 if it is none |
//! | the same with any other type, or none | 200 `OK`: it goes out as binary |
//! | `POST /socket/{id}/disconnect` | 200 `OK` once the socket is closed, with code 1000 |
//! | either, for a socket that is not there | 404 `FAIL`, or 500 as SocketDock has it |
//! | a send to a socket whose outbox is full | 503 `FAIL` |
//! | `GET /status` | 200 and uptime and sockets as JSON |
//! | any of them without the key, if there is one | 401 `FAIL` |
//!
//! Before mediators that share its store the status is all there is.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use hyper::header;
use mediator::{Answer, Refusal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Berth, Berths, DockCount, DockTally, Unsent};
use crate::{
    Asked, Frame, HeaderMap, HeaderValue, Method, Office, Socket, StatusCode, Told, Visit,
};

/// Who may do what there.
#[derive(Clone, Default)]
pub struct PrivateOptions {
    /// The key that callers show as `Authorization: Bearer …`. Without one, knowing a socket's id is enough.
    pub key: Option<String>,
    /// Answer 500 for a socket that is not there, as SocketDock does.
    pub unknown_is_500: bool,
    /// Whether `GET /status` is answered.
    pub status: bool,
    /// Whether sockets are sent to and ended from here.
    pub sends: bool,
}

/// See the module. It is the office of a port of its own, or answers on the port of its dock.
pub struct Private {
    berths: Arc<Berths>,
    tally: Arc<DockTally>,
    options: PrivateOptions,
    started: Instant,
}

impl Private {
    /// The private side of the dock with these sockets.
    pub fn new(berths: Arc<Berths>, tally: Arc<DockTally>, options: PrivateOptions) -> Arc<Self> {
        Arc::new(Self { berths, tally, options, started: Instant::now() })
    }

    /// Whether the path belongs to it.
    pub(super) fn knows(&self, path: &str) -> bool {
        let PrivateOptions { status, sends, .. } = self.options;
        (sends && path.starts_with("/socket/")) || (status && path == "/status")
    }

    pub(super) async fn tell(&self, asked: Asked) -> Told {
        let mut words = asked.path.split('/').skip(1);
        let path = (words.next(), words.next(), words.next(), words.next());
        let of_socket =
            matches!(path, (Some("socket"), Some(_), Some("send" | "disconnect"), None));
        let known = of_socket && self.options.sends;
        let status = asked.path == "/status" && self.options.status;
        match asked.method {
            Method::POST if known => {}
            Method::GET if status => {}
            _ if known => return not_allowed("POST"),
            _ if status => return not_allowed("GET"),
            _ => return Told::text(StatusCode::NOT_FOUND, "nothing here"),
        }
        if !self.admits(&asked.headers) {
            self.tally.add(DockCount::Forbidden);
            return unauthorized();
        }
        match path {
            (_, Some(id), Some("send"), _) => self.send(id, &asked),
            (_, Some(id), Some(_), _) => self.disconnect(id).await,
            _ => self.status(),
        }
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(key) = &self.options.key else { return true };
        let shown = headers.get(header::AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
        let shown =
            shown.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"Bearer "));
        shown.is_some_and(|(_, shown)| verify_slices_are_equal(shown, key.as_bytes()).is_ok())
    }

    fn find(&self, id: &str) -> Option<Arc<Berth>> {
        self.berths.find(id.parse().ok()?)
    }

    fn send(&self, id: &str, asked: &Asked) -> Told {
        let Some(berth) = self.find(id) else { return self.unknown() };
        let is_text = asked.headers.get(header::CONTENT_TYPE).is_some_and(|of| of == "text/plain");
        if is_text && std::str::from_utf8(&asked.body).is_err() {
            return fail(StatusCode::BAD_REQUEST);
        }
        let body = asked.body.clone();
        let frame = if is_text { Frame::Text(body) } else { Frame::Binary(body) };
        match berth.send(frame) {
            Ok(()) => ok(),
            Err(Unsent::Gone) => self.unknown(),
            Err(Unsent::Full) => {
                self.tally.add(DockCount::Full);
                fail(StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }

    async fn disconnect(&self, id: &str) -> Told {
        let Some(berth) = self.find(id) else { return self.unknown() };
        match berth.close(1000, "").await {
            Ok(()) => ok(),
            Err(_) => self.unknown(),
        }
    }

    fn unknown(&self) -> Told {
        self.tally.add(DockCount::Unknown);
        if self.options.unknown_is_500 {
            fail(StatusCode::INTERNAL_SERVER_ERROR)
        } else {
            fail(StatusCode::NOT_FOUND)
        }
    }

    fn status(&self) -> Told {
        let up = self.started.elapsed();
        let status = format!(
            r#"{{"uptime":{{"ns":{},"seconds":{}}},"connections":{{"active":{},"lifetime":{}}}}}"#,
            up.as_nanos(),
            up.as_secs(),
            self.berths.active(),
            self.berths.lifetime()
        );
        Told::json(StatusCode::OK, status)
    }
}

fn ok() -> Told {
    Told::text(StatusCode::OK, "OK")
}

fn fail(status: StatusCode) -> Told {
    Told::text(status, "FAIL")
}

fn unauthorized() -> Told {
    let mut told = fail(StatusCode::UNAUTHORIZED);
    told.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    told
}

fn not_allowed(allowed: &'static str) -> Told {
    let mut told = Told::text(StatusCode::METHOD_NOT_ALLOWED, "not here");
    told.headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
    told
}

impl Office for Private {
    async fn post(self: &Arc<Self>, _: &[u8]) -> Answer {
        Answer::Refused(Refusal::NotAnEnvelope)
    }

    async fn serve_socket(self: Arc<Self>, _: Visit, _: Socket, _: CancellationToken) {}

    /// All but the probes is its own; sockets have no business there.
    fn answers(&self, _: &Method, path: &str) -> bool {
        !path.starts_with("/health/")
    }

    async fn answer(self: &Arc<Self>, asked: Asked) -> Told {
        self.tell(asked).await
    }
}
