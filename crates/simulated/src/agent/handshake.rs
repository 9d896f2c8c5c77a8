//! Getting to know a mediator.

use bytes::Bytes;
use didcomm::document::{Document, ours};
use didcomm::{VerKey, did};
use protocols::Handshake;
use protocols::client::{self, Response};
use protocols::out_of_band::{ReceivedInvitation, Service};

use super::Agent;

/// What an agent needs of an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// Its id.
    pub id: String,
    /// The key to answer to.
    pub key: VerKey,
    /// Where to answer.
    pub endpoint: String,
}

impl Invited {
    /// Reads an invitation, as message or link.
    pub fn read(text: &str) -> Option<Self> {
        let received = ReceivedInvitation::read(text).ok()?;
        match received.services.into_iter().next()? {
            Service::Inline { recipient_keys, endpoint, .. } => {
                Some(Self { id: received.id, key: *recipient_keys.first()?, endpoint })
            }
            Service::Did(_) => None,
        }
    }
}

/// A request to connect, and what is needed to understand its answer.
pub struct Request {
    /// The sealed request.
    pub envelope: Bytes,
    /// Its id.
    pub id: String,
}

/// What a wallet without an address says instead of one.
const NO_ADDRESS: &str = "didcomm:transport/queue";

impl Agent {
    /// Asks to be connected. `endpoint` is where it wants its mail pushed to, if it has an address.
    ///
    /// # Panics
    /// If the invitation's key is none.
    pub fn request(
        &self,
        handshake: Handshake,
        invited: &Invited,
        endpoint: Option<&str>,
    ) -> Request {
        let id = self.id();
        let endpoints = [endpoint.unwrap_or(NO_ADDRESS)];
        let words = match handshake {
            Handshake::Connections => {
                let did = ours::unqualified_did(&self.key());
                let document = ours::legacy_document(&self.key(), &endpoints);
                client::connections_request(&id, &invited.id, "simulated", &did, &document)
            }
            _ => {
                let did = ours::peer_4(&self.key(), &endpoints);
                client::did_exchange_request(&id, &invited.id, "simulated", &did)
            }
        };
        let sealed = didcomm::seal_auth(&words, &self.key, &[invited.key]);
        Request { envelope: sealed.expect("an invitation's key is a key").into_bytes(), id }
    }

    /// Reads the answer to a request and meets the mediator, whose document it returns. `None` if it is none, somebody else's, or
    /// without a key that can be used.
    pub fn accept(&self, request: &Request, invited: &Invited, answer: &[u8]) -> Option<Document> {
        let response = client::read_response(&self.open(answer)?, &invited.key)?;
        (response.thid.as_deref() == Some(&request.id)).then_some(())?;
        let document = document_of(&response)?;
        let key = *document.recipients().first()?;
        key.agreement().ok()?;
        self.meet(key);
        Some(document)
    }
}

/// The document of the mediator's DID.
fn document_of(response: &Response) -> Option<Document> {
    match &response.document {
        Some(document) => Document::parse(document).ok(),
        None => did::resolve(&response.did).ok(),
    }
}
