//! New connections (RFC 0160, RFC 0023).

use std::sync::Arc;

use didcomm::document::{EndpointKind, ours};
use didcomm::{SecretKey, VerKey, did};
use protocols::{Command, ConnectRequest, ConnectResponse, Handshake, Inbound, Problem, Reply};
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
        let Some((connection, secret)) = self.draft(author, inbound, request, invitation) else {
            return Ok(Err(Problem::REQUEST_NOT_ACCEPTED));
        };
        let who = match self.stores.connections.admit(&connection, invitation).await? {
            Admission::Admitted => self.directory.introduce_with(connection, secret),
            // Our address may have changed since, and the peer has to hear the one of today.
            Admission::Known(known) => {
                let our_did = self.our_did(request, known.our_key);
                self.directory.introduce(Connection { our_did, ..*known })
            }
            Admission::Refused => return Ok(Err(Problem::EXPIRED_INVITATION)),
        };
        Ok(who.ok_or(Problem::REQUEST_PROCESSING_ERROR))
    }

    /// The connection that a request asks for, and our key in it; `None` if the author is not who the document says.
    fn draft(
        &self,
        author: VerKey,
        inbound: &Inbound,
        request: &ConnectRequest,
        invitation: Option<&str>,
    ) -> Option<(Connection, SecretKey)> {
        let mut their_keys = request.document.recipients();
        let author_place = their_keys.iter().position(|key| *key == author)?;
        their_keys.swap(0, author_place);
        their_keys.truncate(KEYS_MOST);
        let id =
            self.identity.connection_id(&author, &inbound.head.id, invitation.unwrap_or_default());
        let secret = self.identity.connection_key(id, 0);
        let connection = Connection {
            id,
            key_epoch: 0,
            our_key: secret.verkey(),
            our_did: self.our_did(request, secret.verkey()),
            their_did: did::short_form(&request.did),
            their_keys,
            endpoints: dialable(request),
            label: request.label.clone(),
            request_id: inbound.head.id.clone(),
            created: self.clock.now(),
        };
        Some((connection, secret))
    }

    fn respond(&self, inbound: &Inbound, request: &ConnectRequest, who: &Correspondent) -> Vec<u8> {
        let connection = &who.connection;
        let document = is_legacy(request)
            .then(|| ours::legacy_document(&connection.our_key, &self.endpoints()));
        let response = Reply::Connected(ConnectResponse {
            did: &connection.our_did,
            document: document.as_ref(),
            signer: self.identity.invitation(),
            now_seconds: self.clock.now().0 / 1000,
        });
        self.phrase(inbound, &response)
    }

    /// A DID in the method of the request, as far as that is one of ours. The document of an unqualified one is sent along.
    fn our_did(&self, request: &ConnectRequest, our_key: VerKey) -> String {
        match request.did.as_str() {
            _ if is_legacy(request) => ours::unqualified_did(&our_key),
            did if did.starts_with("did:peer:2") => ours::peer_2(&our_key, &self.endpoints()),
            _ => ours::peer_4(&our_key, &self.endpoints()),
        }
    }

    fn endpoints(&self) -> [&str; 2] {
        [&self.settings.public_url, &self.settings.socket_url]
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

/// Whether the peer may know nothing but unqualified DIDs.
fn is_legacy(request: &ConnectRequest) -> bool {
    match request.handshake {
        Handshake::Connections => true,
        Handshake::DidExchange10 => did::is_unqualified(&request.did),
        Handshake::DidExchange11 => false,
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
