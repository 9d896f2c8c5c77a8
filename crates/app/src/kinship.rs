//! Whether this mediator has the root secret of those whose store it opens.

use anyhow::{Context, bail};
use aws_lc_rs::digest::{SHA256, digest};
use didcomm::VerKey;
use mediator::Identity;
use store::{Admission, Connection, Connections, RecipientId, Timestamp};

use crate::exit::Misuse;

/// Names the mark. The ids of connections are hashes, so that none is called so.
const MARK: RecipientId = RecipientId(*b"root secret mark");

/// Leaves a mark of this identity among the connections, or finds that of another one. The mark is a connection with nobody: of two
/// mediators that start together, one leaves it and the other one is shown it.
///
/// # Errors
/// If the store belongs to another root secret, whose keys its connections need.
pub async fn prove(
    identity: &Identity,
    connections: &dyn Connections,
    now: Timestamp,
) -> anyhow::Result<()> {
    let ours = fingerprint(identity);
    let admission = connections.admit(&mark(ours, now), None).await;
    match admission.context("the store takes no mark of the root secret")? {
        Admission::Known(found) if found.our_key != ours => bail!(Misuse(
            "this store belongs to mediators with another root secret: give this one theirs (identity.root_secret_file or \
             RESTANTE_ROOT_SECRET), or name another store, prefix or schema to start afresh"
                .to_owned()
        )),
        _ => Ok(()),
    }
}

/// Tells two root secrets apart, and nothing about either: the id is in every invitation. It is no key of anybody.
fn fingerprint(identity: &Identity) -> VerKey {
    let hash = digest(&SHA256, identity.standing_invitation_id().as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash.as_ref());
    VerKey::from_bytes(bytes)
}

fn mark(fingerprint: VerKey, now: Timestamp) -> Connection {
    Connection {
        id: MARK,
        key_epoch: 0,
        our_key: fingerprint,
        our_did: String::new(),
        their_did: String::new(),
        their_keys: Vec::new(),
        endpoints: Vec::new(),
        label: "the root secret of this store".to_owned(),
        request_id: String::new(),
        created: now,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mediator::RootSecret;
    use store::Clock;
    use store::memory::MemoryStore;

    use super::*;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp(43_200_000)
        }
    }

    #[tokio::test]
    async fn the_first_root_secret_is_the_stores() {
        let store = MemoryStore::new(Arc::new(Noon));
        let identity = |byte| Identity::from_root(RootSecret::new([byte; 32]));
        for _ in 0..2 {
            prove(&identity(1), &store, Noon.now()).await.unwrap();
        }
        let refused = prove(&identity(2), &store, Noon.now()).await.unwrap_err();
        assert!(refused.is::<Misuse>() && refused.to_string().contains("another root secret"));
    }
}
