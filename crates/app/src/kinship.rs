//! Whether this mediator has the root secret of those whose store it opens.

use std::time::Duration;

use anyhow::{Context, bail};
use aws_lc_rs::digest::{SHA256, digest};
use mediator::Identity;
use store::{Connections, Invitation, RecipientId, Timestamp};

use crate::exit::Misuse;

/// The name of the mark. No invitation is called so: theirs are UUIDs.
const MARK: &str = "root-secret";
/// Longer than any store lives.
const LIFE: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Leaves a mark of this identity beside the connections, or finds that of another one. It is kept as an invitation that was used
/// already: of two mediators that start together, one leaves it and the other one finds it.
///
/// # Errors
/// If the store belongs to another root secret, whose keys its connections need.
pub async fn prove(
    identity: &Identity,
    connections: &dyn Connections,
    now: Timestamp,
) -> anyhow::Result<()> {
    let ours = fingerprint(identity);
    let mark = Invitation { id: MARK.to_owned(), expires: now + LIFE, used_by: Some(ours) };
    connections.invite(&mark).await.context("the store takes no mark of the root secret")?;
    let found = connections.invitation(MARK).await.context("the store does not show its mark")?;
    if found.is_some_and(|found| found.used_by != Some(ours)) {
        bail!(Misuse(
            "this store belongs to mediators with another root secret: give this one theirs (identity.root_secret_file or \
             RESTANTE_ROOT_SECRET), or name another store, prefix or schema to start afresh"
                .to_owned()
        ));
    }
    Ok(())
}

/// Tells two root secrets apart, and nothing about either: the id is in every invitation.
fn fingerprint(identity: &Identity) -> RecipientId {
    let hash = digest(&SHA256, identity.standing_invitation_id().as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&hash.as_ref()[..16]);
    RecipientId(id)
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
