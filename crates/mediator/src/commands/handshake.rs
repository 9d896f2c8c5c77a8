//! New connections (RFC 0160, RFC 0023).

use std::sync::Arc;

use didcomm::document::{EndpointKind, ours};
use didcomm::{SecretKey, VerKey, did};
use protocols::{Command, ConnectRequest, ConnectResponse, Handshake, Inbound, Problem, Reply};
use serde_json::Value;
use store::{Admission, Connection, PeerEndpoint, Result};

use crate::directory::Correspondent;
use crate::{Mediator, Refusal};

/// What becomes of somebody who answers an invitation.
pub(crate) enum Welcome {
    /// A peer now, and the words of the response to it.
    Connected { who: Arc<Correspondent>, response: Vec<u8> },
    /// Turned away, with a problem report.
    TurnedAway(Vec<u8>),
    /// Said something that nobody says to an invitation.
    Refused(Refusal),
}

/// Our DID in a new connection.
struct OurSide {
    did: String,
    /// The document to send along, if the DID does not carry it.
    document: Option<Value>,
}

/// Keys and endpoints that are kept of a peer's document.
const KEYS_MOST: usize = 8;
const ENDPOINTS_MOST: usize = 4;

impl Mediator {
    /// Answers whoever answers an invitation. The response is to be sealed with the invitation's key for `author`.
    pub(crate) async fn welcome(&self, author: VerKey, inbound: &Inbound) -> Result<Welcome> {
        let Command::Connect(request) = &inbound.command else {
            return Ok(Welcome::Refused(Refusal::Unauthorized));
        };
        match self.admit(author, inbound, request).await? {
            Ok(who) => {
                let response = self.respond(inbound, request, &who);
                Ok(Welcome::Connected { who, response })
            }
            Err(problem) => Ok(Welcome::TurnedAway(self.phrase(inbound, &Reply::Problem(problem)))),
        }
    }

    async fn admit(
        &self,
        author: VerKey,
        inbound: &Inbound,
        request: &ConnectRequest,
    ) -> Result<std::result::Result<Arc<Correspondent>, Problem>> {
        let invitation = inbound.head.pthid.as_deref().filter(|id| *id != self.standing_id);
        if invitation.is_none() && !self.settings.introduction.standing {
            return Ok(Err(Problem::REQUEST_NOT_ACCEPTED));
        }
        let Some(connection) = self.draft(author, inbound, request, invitation) else {
            return Ok(Err(Problem::REQUEST_NOT_ACCEPTED));
        };
        let connection = match self.stores.connections.admit(&connection, invitation).await? {
            Admission::Admitted => connection,
            Admission::Known(known) => *known,
            Admission::Refused => return Ok(Err(Problem::EXPIRED_INVITATION)),
        };
        Ok(self.directory.introduce(connection).ok_or(Problem::REQUEST_PROCESSING_ERROR))
    }

    /// The connection that a request asks for; `None` if the author is not who the document says.
    fn draft(
        &self,
        author: VerKey,
        inbound: &Inbound,
        request: &ConnectRequest,
        invitation: Option<&str>,
    ) -> Option<Connection> {
        let mut their_keys = request.document.recipients();
        let author_place = their_keys.iter().position(|key| *key == author)?;
        their_keys.swap(0, author_place);
        their_keys.truncate(KEYS_MOST);
        let id =
            self.identity.connection_id(&author, &inbound.head.id, invitation.unwrap_or_default());
        let our_key = self.identity.connection_key(id, 0).verkey();
        Some(Connection {
            id,
            key_epoch: 0,
            our_key,
            our_did: self.our_side(request, our_key).did,
            their_did: did::short_form(&request.did),
            their_keys,
            endpoints: dialable(request),
            label: request.label.clone(),
            request_id: inbound.head.id.clone(),
            created: self.clock.now(),
        })
    }

    fn respond(&self, inbound: &Inbound, request: &ConnectRequest, who: &Correspondent) -> Vec<u8> {
        let ours = self.our_side(request, who.connection.our_key);
        let response = Reply::Connected(ConnectResponse {
            did: &ours.did,
            document: ours.document.as_ref(),
            signer: self.identity.invitation(),
            now_seconds: self.clock.now().0 / 1000,
        });
        self.phrase(inbound, &response)
    }

    /// Answers in the DID method of the request, as far as it has one: peers that speak only unqualified DIDs get one.
    fn our_side(&self, request: &ConnectRequest, our_key: VerKey) -> OurSide {
        let endpoints = [self.settings.public_url.as_str(), self.settings.socket_url.as_str()];
        let legacy = did::is_unqualified(&request.did);
        match request.handshake {
            Handshake::Connections => OurSide {
                did: ours::unqualified_did(&our_key),
                document: Some(ours::legacy_document(&our_key, &endpoints)),
            },
            Handshake::DidExchange10 if legacy => OurSide {
                did: ours::unqualified_did(&our_key),
                document: Some(ours::legacy_document(&our_key, &endpoints)),
            },
            _ if request.did.starts_with("did:peer:2") => {
                OurSide { did: ours::peer_2(&our_key, &endpoints), document: None }
            }
            _ => OurSide { did: ours::peer_4(&our_key, &endpoints), document: None },
        }
    }

    /// Seals a response for somebody who is known by the author of a request only.
    pub(crate) fn seal_from_invitation(
        &self,
        plaintext: &[u8],
        author: VerKey,
    ) -> Option<bytes::Bytes> {
        seal(self.identity.invitation(), plaintext, author)
    }
}

fn seal(from: &SecretKey, plaintext: &[u8], to: VerKey) -> Option<bytes::Bytes> {
    didcomm::seal_auth(plaintext, from, &[to]).ok().map(didcomm::Envelope::into_bytes)
}

/// The addresses in a peer's document that mail can be pushed to. `didcomm:transport/queue` is none.
fn dialable(request: &ConnectRequest) -> Vec<PeerEndpoint> {
    request
        .document
        .endpoints()
        .into_iter()
        .filter(|endpoint| matches!(endpoint.kind(), EndpointKind::Http | EndpointKind::Ws))
        .take(ENDPOINTS_MOST)
        .map(|endpoint| PeerEndpoint { uri: endpoint.uri, routing_keys: endpoint.routing_keys })
        .collect()
}
