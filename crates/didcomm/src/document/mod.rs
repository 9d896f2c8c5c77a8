//! DID documents: what a peer's says about keys and endpoints, and how ours are written.

mod endpoint;
pub(crate) mod method;
pub mod ours;
mod service;

use serde_json::Value;

pub use endpoint::{Endpoint, EndpointKind};

use crate::keys::multikey::Multikey;
use crate::{KeyError, VerKey, did};
use method::{Method, Relations};
use service::Service;

/// Keys, references and services that are read of one document; the rest is ignored.
const MOST: usize = 64;

/// Why a value is no DID document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It is no JSON object.
    #[error("the DID document is no JSON object")]
    NotAnObject,
}

/// A peer's DID document, reduced to what a v1 sender needs.
///
/// It is read liberally: legacy `publicKey` or `verificationMethod`, keys in base58, multibase or JWK, references that are
/// relative, absolute or embedded, all service types of Aries RFC 0067. What cannot be understood is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    id: String,
    methods: Vec<Method>,
    relations: Relations,
    services: Vec<Service>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// Only for a value that is no object; the parts are read as far as they go.
    pub fn parse(value: &Value) -> Result<Self, DocumentError> {
        let object = value.as_object().ok_or(DocumentError::NotAnObject)?;
        let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
        let (methods, relations) = method::read_all(value, id);
        Ok(Self { id: id.to_owned(), methods, relations, services: service::read_all(value) })
    }

    /// The document's `id`, as it is written; empty when it has none.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Every Ed25519 key of the document, in its order.
    #[must_use]
    pub fn verkeys(&self) -> Vec<VerKey> {
        unique(self.methods.iter().filter_map(|method| method.verkey()))
    }

    /// The keys that a v1 sender encrypts to: the recipient keys of the v1 services by priority; without any, the keys of
    /// `keyAgreement`, then of `authentication`, then all. An X25519 key stands for the Ed25519 key that converts to it.
    #[must_use]
    pub fn recipients(&self) -> Vec<VerKey> {
        let of_services = self
            .services_in_order()
            .into_iter()
            .flat_map(|service| self.keys_of(&service.recipient_keys));
        let named = unique(of_services);
        if named.is_empty() { self.default_recipients() } else { named }
    }

    /// Where the document's owner can be reached, v1 services before v2 services, each by priority, then in order.
    /// An endpoint with a routing key that cannot be read is left out: nothing could be wrapped for it.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.services_in_order()
            .into_iter()
            .flat_map(|service| self.endpoints_of(service))
            .collect()
    }

    fn endpoints_of<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = Endpoint> + 'a {
        let named = unique(self.keys_of(&service.recipient_keys).into_iter());
        let recipient_keys = if named.is_empty() { self.default_recipients() } else { named };
        service.places.iter().filter_map(move |place| {
            let routing_keys =
                place.routing_keys.iter().map(|text| self.key(text)).collect::<Option<Vec<_>>>()?;
            Some(Endpoint {
                uri: place.uri.clone(),
                recipient_keys: recipient_keys.clone(),
                routing_keys,
            })
        })
    }

    fn services_in_order(&self) -> Vec<&Service> {
        let mut services: Vec<&Service> = self.services.iter().collect();
        services.sort_by_key(|service| (service.v2, service.priority));
        services
    }

    fn default_recipients(&self) -> Vec<VerKey> {
        let relations = [&self.relations.key_agreement, &self.relations.authentication];
        let related = relations
            .into_iter()
            .map(|places| unique(places.iter().filter_map(|at| self.verkey_at(*at))));
        related.into_iter().find(|keys| !keys.is_empty()).unwrap_or_else(|| self.verkeys())
    }

    fn keys_of(&self, references: &[String]) -> Vec<VerKey> {
        references.iter().filter_map(|reference| self.key(reference)).collect()
    }

    /// The Ed25519 key that a text names: a raw key, a did:key, or a reference into this document.
    fn key(&self, text: &str) -> Option<VerKey> {
        match VerKey::parse(text) {
            Ok(key) => Some(key),
            Err(KeyError::Kind) => self.owner_of(agreement_of_did_key(text)?),
            Err(_) => {
                let name = method::local_name(text, &self.id);
                let at = self.methods.iter().position(|method| method.name == name)?;
                self.verkey_at(at)
            }
        }
    }

    fn verkey_at(&self, at: usize) -> Option<VerKey> {
        match self.methods.get(at)?.key {
            Multikey::Ed25519(key) => Some(VerKey::from_bytes(key)),
            Multikey::X25519(key) => self.owner_of(key),
        }
    }

    /// The Ed25519 key of this document that converts to an X25519 key.
    fn owner_of(&self, agreement: [u8; 32]) -> Option<VerKey> {
        self.verkeys().into_iter().find(|key| key.agreement() == Ok(agreement))
    }
}

fn agreement_of_did_key(text: &str) -> Option<[u8; 32]> {
    match Multikey::parse(did::without_fragment(text.strip_prefix("did:key:")?)) {
        Ok(Multikey::X25519(key)) => Some(key),
        _ => None,
    }
}

fn unique(keys: impl Iterator<Item = VerKey>) -> Vec<VerKey> {
    let mut seen = Vec::new();
    for key in keys {
        if !seen.contains(&key) {
            seen.push(key);
        }
    }
    seen
}
