use std::sync::Arc;

use mediator::{Answer, CloseReason, Heard, Link};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use transport::{Office, Page, Pages, Socket, StatusCode, Visit};

use super::answers::Expectation;
use super::intake::{Taken, Way};
use super::tally::Count;
use super::{Answering, Relay};
use crate::wire::TransportType;

impl Office for Relay {
    /// What the relay that is replaced answers.
    const ACCEPTED: StatusCode = StatusCode::OK;
    const ANY_MEDIA_TYPE: bool = true;

    async fn post(self: &Arc<Self>, envelope: &[u8]) -> Answer {
        let asks = self.intake.options.answers == Answering::All;
        let expectation = asks.then(|| self.answers.expect());
        let txn_id = expectation.as_ref().map(Expectation::txn_id);
        match self.intake.take(envelope, Way::of(TransportType::Http, txn_id)).await {
            Taken::Kept => self.answered(expectation).await,
            Taken::Refused(refusal) => Answer::Refused(refusal),
            Taken::Away => Answer::Cut,
        }
    }

    async fn serve_socket(self: Arc<Self>, visit: Visit, socket: Socket, drain: CancellationToken) {
        drop(visit);
        self.serve(socket, drain).await;
    }
}

impl Relay {
    async fn answered(&self, expectation: Option<Expectation>) -> Answer {
        let Some(mut expectation) = expectation else { return Answer::Accepted };
        match timeout(self.intake.options.answer_patience, expectation.next()).await {
            Ok(Some(envelope)) => {
                self.intake.tally.add(Count::Answered);
                Answer::Reply { envelope, receipt: None }
            }
            _ => Answer::Accepted,
        }
    }

    /// Takes what a socket brings, a message at a time, and sends what agents answer. A peer whose mail is not taken hears why by the
    /// close code.
    pub(super) async fn serve<L: Link>(&self, mut link: L, drain: CancellationToken) {
        let asks = self.intake.options.answers != Answering::Never;
        let mut expectation = asks.then(|| self.answers.expect());
        let txn_id = expectation.as_ref().map(Expectation::txn_id);
        let farewell = loop {
            tokio::select! {
                () = drain.cancelled() => break CloseReason::GoingAway,
                heard = link.next() => match heard {
                    None => return,
                    Some(Heard::Frame(envelope)) => {
                        let way = Way::of(TransportType::Ws, txn_id.clone());
                        match self.intake.take(&envelope, way).await {
                            Taken::Kept => {}
                            Taken::Refused(_) => break CloseReason::BadFrame,
                            Taken::Away => break CloseReason::TryLater,
                        }
                    }
                    Some(_) => {}
                },
                answer = next(&mut expectation), if expectation.is_some() => {
                    // The peer is to notice that it has missed some.
                    let Some(envelope) = answer else { break CloseReason::TryLater };
                    if link.send(envelope).await.is_err() {
                        return;
                    }
                    self.intake.tally.add(Count::Answered);
                }
            }
        };
        link.close(farewell).await;
    }
}

async fn next(expectation: &mut Option<Expectation>) -> Option<bytes::Bytes> {
    expectation.as_mut()?.next().await
}

/// What a browser sees of a relay: nearly nothing, as of the one that it replaces.
#[derive(Debug)]
pub struct RelayPages(pub Arc<super::Health>);

const INVITED: &str = "You have received a connection invitation. To accept it, paste it into your agent application.\n";

impl Pages for RelayPages {
    fn home(&self, query: Option<&str>) -> Page {
        let invited = query.unwrap_or_default().split('&').any(|pair| {
            pair.strip_prefix("c_i=")
                .or_else(|| pair.strip_prefix("oob="))
                .is_some_and(|text| !text.is_empty())
        });
        let body = if invited { INVITED } else { "" };
        Page {
            content_type: "text/plain; charset=utf-8",
            policy: None,
            body: bytes::Bytes::from_static(body.as_bytes()),
        }
    }

    fn invitation(&self, _: Option<&str>) -> Option<Page> {
        None
    }

    fn ready(&self) -> bool {
        self.0.is_ready()
    }
}
