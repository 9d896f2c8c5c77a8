//! Which request goes where, and what it is answered.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::BytesMut;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use hyper::{Method, Request, Response, StatusCode};
use mediator::Answer;

use super::body::{self, Unread};
use super::connection::{self, Desk};
use super::proxies;
use super::receipt::Parcel;
use super::respond::{self, Reply};
use super::upgrade;
use super::wire::{Phase, Pulse};
use crate::{Asked, Count, Office, media};

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
pub(crate) struct Cut;

/// One connection's side of the desk.
pub(crate) struct Visitor<O> {
    pub(crate) desk: Arc<Desk<O>>,
    pub(crate) address: IpAddr,
    pub(crate) pulse: Arc<Pulse>,
}

impl<O> Clone for Visitor<O> {
    fn clone(&self) -> Self {
        Self { desk: self.desk.clone(), address: self.address, pulse: self.pulse.clone() }
    }
}

impl<O: Office> Visitor<O> {
    /// Answers one request.
    pub(crate) async fn answer(self, request: Request<Incoming>) -> Result<Response<Reply>, Cut> {
        self.pulse.enter(Phase::Busy);
        let mut answer = self.route(request).await;
        if let Ok(response) = &mut answer
            && self.desk.drain.is_cancelled()
        {
            respond::put(response, header::CONNECTION, "close");
        }
        self.pulse.enter(Phase::Idle);
        answer
    }

    async fn route(&self, request: Request<Incoming>) -> Result<Response<Reply>, Cut> {
        if self.desk.office.answers(request.method(), request.uri().path()) {
            return Ok(Box::pin(self.ask(request)).await);
        }
        let response = match (request.uri().path(), request.method()) {
            ("/", &Method::POST) => open_to_browsers(self.post(request).await?),
            ("/" | "/ws", &Method::GET) if upgrade::is_asked_for(request.headers()) => {
                self.upgrade(request)
            }
            ("/ws", &Method::GET) => upgrade::required(),
            (path, &Method::GET | &Method::HEAD) => self.page(path, request.uri().query()),
            (path, method) => self.other(path, method),
        };
        Ok(response)
    }

    async fn post(&self, request: Request<Incoming>) -> Result<Response<Reply>, Cut> {
        let any = O::ANY_MEDIA_TYPE.then_some(media::ENVELOPE);
        let Some(media_type) = media::reply_to(content_type(request.headers())).or(any) else {
            return Ok(self.unread(
                Count::MediaTypes,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not the type of an envelope",
            ));
        };
        match self.read(request.into_body()).await {
            Ok(envelope) => self.deal_with(&envelope, media_type).await,
            Err(refusal) => Ok(*refusal),
        }
    }

    /// Lets the office answer.
    async fn ask(&self, request: Request<Incoming>) -> Response<Reply> {
        let (head, body) = request.into_parts();
        let body = match self.read(body).await {
            Ok(body) => body.freeze(),
            Err(refusal) => return *refusal,
        };
        let asked = Asked {
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            remote: proxies::origin(&self.desk.proxies, self.address, &head.headers),
            method: head.method,
            headers: head.headers,
            body,
        };
        respond::told(self.desk.office.answer(asked).await)
    }

    async fn read(&self, body: Incoming) -> Result<BytesMut, Box<Response<Reply>>> {
        let limits = &self.desk.limits;
        let (count, code, why) = match body::read(body, limits.body_bytes, limits.body_timeout)
            .await
        {
            Ok(body) => return Ok(body),
            Err(Unread::TooLarge) => {
                (Count::BodiesTooLarge, StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")
            }
            Err(Unread::TooSlow) => {
                (Count::BodyTimeouts, StatusCode::REQUEST_TIMEOUT, "the body did not come in time")
            }
            Err(Unread::Broken) => {
                (Count::BodiesBroken, StatusCode::BAD_REQUEST, "the body is not whole")
            }
        };
        Err(Box::new(self.unread(count, code, why)))
    }

    async fn deal_with(
        &self,
        envelope: &[u8],
        media_type: &'static str,
    ) -> Result<Response<Reply>, Cut> {
        self.desk.tally.add(Count::Posts);
        match self.desk.office.post(envelope).await {
            Answer::Accepted => Ok(respond::status(O::ACCEPTED)),
            Answer::Reply { envelope, receipt } => {
                let parcel = receipt
                    .map(|receipt| (Parcel::new(receipt, self.desk.counter()), self.pulse.clone()));
                Ok(respond::envelope(envelope, media_type, parcel))
            }
            Answer::Refused(refusal) => {
                let code =
                    StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
                Ok(respond::text(code, refusal.text()))
            }
            Answer::Cut => {
                self.desk.tally.add(Count::Cuts);
                Err(Cut)
            }
        }
    }

    /// A refusal given before the body was read: the connection ends with it.
    fn unread(&self, count: Count, code: StatusCode, why: &'static str) -> Response<Reply> {
        self.desk.tally.add(count);
        self.pulse.leaves_unread();
        let mut response = respond::text(code, why);
        respond::put(&mut response, header::CONNECTION, "close");
        response
    }

    fn upgrade(&self, request: Request<Incoming>) -> Response<Reply> {
        let desk = &self.desk;
        let origin = proxies::origin(&desk.proxies, self.address, request.headers());
        match upgrade::accept(request.headers(), &desk.sockets, origin) {
            Ok(_) if desk.drain.is_cancelled() => {
                desk.tally.add(Count::SocketsTooLate);
                upgrade::later(StatusCode::SERVICE_UNAVAILABLE, "going away", "1")
            }
            Ok((response, place)) => {
                desk.tally.add(Count::Sockets);
                desk.tasks.spawn(connection::serve_socket(desk.clone(), request, origin, place));
                response
            }
            Err(no) => {
                let (count, response) = upgrade::refuse(no);
                desk.tally.add(count);
                response
            }
        }
    }

    fn page(&self, path: &str, query: Option<&str>) -> Response<Reply> {
        let pages = &self.desk.pages;
        match path {
            "/" => respond::page(pages.home(query)),
            "/invitation" => match pages.invitation(query) {
                Some(page) => open_to_browsers(respond::page(page)),
                None => respond::text(StatusCode::NOT_FOUND, "no such invitation"),
            },
            "/health/live" => respond::text(StatusCode::OK, "live\n"),
            "/health/ready" if pages.ready() && !self.desk.drain.is_cancelled() => {
                respond::text(StatusCode::OK, "ready\n")
            }
            "/health/ready" => respond::text(StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
            "/ws" => self.not_allowed("GET, OPTIONS"),
            _ => self.not_found(),
        }
    }

    /// Everything that is neither taken nor shown. The body, if there is one, stays unread.
    fn other(&self, path: &str, method: &Method) -> Response<Reply> {
        self.pulse.leaves_unread();
        let allowed = match path {
            "/" => "GET, HEAD, POST, OPTIONS",
            "/ws" => "GET, OPTIONS",
            "/invitation" | "/health/live" | "/health/ready" => "GET, HEAD, OPTIONS",
            _ => return self.not_found(),
        };
        if method == Method::OPTIONS { preflight(allowed) } else { self.not_allowed(allowed) }
    }

    fn not_allowed(&self, allowed: &'static str) -> Response<Reply> {
        self.desk.tally.add(Count::Methods);
        let mut response = respond::text(StatusCode::METHOD_NOT_ALLOWED, "not here");
        respond::put(&mut response, header::ALLOW, allowed);
        response
    }

    fn not_found(&self) -> Response<Reply> {
        self.desk.tally.add(Count::UnknownPaths);
        respond::text(StatusCode::NOT_FOUND, "nothing here")
    }
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    // A value that is no text is no type we know, which is not the same as none.
    headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"))
}

/// Lets wallets that run in a browser read it. Nothing here rests on cookies or on where a browser is.
fn open_to_browsers(mut response: Response<Reply>) -> Response<Reply> {
    respond::put(&mut response, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    response
}

fn preflight(allowed: &'static str) -> Response<Reply> {
    let mut response = open_to_browsers(respond::status(StatusCode::NO_CONTENT));
    respond::put(&mut response, header::ALLOW, allowed);
    respond::put(&mut response, header::ACCESS_CONTROL_ALLOW_METHODS, allowed);
    respond::put(&mut response, header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type");
    respond::put(&mut response, header::ACCESS_CONTROL_MAX_AGE, "86400");
    response
}
