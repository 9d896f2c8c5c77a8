//! What both handshakes have in common: whose document it is, and the words of a refusal.

use didcomm::did;
use didcomm::document::Document;
use serde_json::Value;

use crate::{Fault, Problem};

/// The document that `did` itself holds.
pub(crate) fn resolved(did: &str) -> Result<Document, Fault> {
    did::resolve(did).map_err(|_| not_accepted("The DID cannot be resolved"))
}

/// The document that came along with `did`. The genesis document of a did:peer:1 has no id of its own.
pub(crate) fn beside(did: &str, mut document: Value) -> Result<Document, Fault> {
    if let Some(members) = document.as_object_mut() {
        members.entry("id").or_insert_with(|| did.into());
    }
    let document =
        Document::parse(&document).map_err(|_| not_processed("The DID document is malformed"))?;
    if did::same_party(document.id(), did) {
        Ok(document)
    } else {
        Err(not_accepted("The DID document is of another DID"))
    }
}

/// The fault of a request that is refused, with the code of RFC 0023 and 0160.
pub(crate) fn not_accepted(why: &'static str) -> Fault {
    Fault::Refused(Problem { text: why.into(), ..Problem::REQUEST_NOT_ACCEPTED })
}

/// The fault of a request that cannot be read.
pub(crate) fn not_processed(why: &'static str) -> Fault {
    Fault::Refused(Problem { text: why.into(), ..Problem::REQUEST_PROCESSING_ERROR })
}
