//! Who we are: every private key comes from one root secret.
//!
//! A store holds no private key, and a backup of the identity is one secret. Derivation is HKDF-SHA-256 (RFC 5869) with the
//! purpose as `info`; a purpose is never reused for another kind of key.

use std::sync::Arc;

use didcomm::crypto;
use didcomm::{SecretKey, VerKey};
use store::RecipientId;
use zeroize::Zeroizing;

/// Thirty-two random bytes that everything private is derived from.
#[derive(Clone)]
pub struct RootSecret(Zeroizing<[u8; 32]>);

impl RootSecret {
    /// Takes the secret.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(Zeroizing::new(secret))
    }

    fn derive(&self, purpose: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        crypto::derive(self.0.as_ref(), purpose)
    }
}

impl std::fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RootSecret")
    }
}

/// The mediator's own keys.
pub struct Identity {
    root: RootSecret,
    routing: Arc<SecretKey>,
    invitation: Arc<SecretKey>,
}

impl Identity {
    /// The identity that this secret stands for.
    pub fn from_root(root: RootSecret) -> Self {
        let routing =
            Arc::new(SecretKey::from_seed(*root.derive(&[b"restante routing key", &[1]])));
        let invitation =
            Arc::new(SecretKey::from_seed(*root.derive(&[b"restante invitation key", &[1]])));
        Self { root, routing, invitation }
    }

    /// The key that senders wrap forwards for; one for all recipients.
    pub fn routing(&self) -> &Arc<SecretKey> {
        &self.routing
    }

    /// The key in our invitations.
    pub fn invitation(&self) -> &Arc<SecretKey> {
        &self.invitation
    }

    /// The `@id` of the standing invitation: the same as long as the root secret is.
    pub fn standing_invitation_id(&self) -> String {
        let bytes = self.root.derive(&[b"restante standing invitation id"]);
        crate::ids::uuid_shaped(&bytes[..16])
    }

    /// Our key in a connection.
    pub fn connection_key(&self, id: RecipientId, key_epoch: u32) -> SecretKey {
        SecretKey::from_seed(*self.root.derive(&[
            b"restante connection key",
            &id.0,
            &key_epoch.to_be_bytes(),
        ]))
    }

    /// The id of the connection that this request makes. The same request makes the same connection, so that a request
    /// that is repeated or replayed is answered alike and changes nothing.
    pub fn connection_id(&self, author: &VerKey, request: &str, invitation: &str) -> RecipientId {
        let bytes = self.root.derive(&[
            b"restante connection id",
            author.as_bytes(),
            &(request.len() as u64).to_be_bytes(),
            request.as_bytes(),
            invitation.as_bytes(),
        ]);
        let mut id = [0; 16];
        id.copy_from_slice(&bytes[..16]);
        RecipientId(id)
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}
