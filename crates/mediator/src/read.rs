//! From bytes to somebody asking for something.

use std::sync::Arc;

use didcomm::{EnvelopeError, Opened, Sealed, SecretKey, VerKey};
use protocols::{Command, DecodeError, Forward, Inbound};
use store::StoreError;

use crate::directory::Correspondent;
use crate::{Mediator, Refusal};

/// An envelope that was opened and understood.
pub(crate) enum Incoming {
    /// An envelope to be passed on. Its author does not matter (RFC 0094).
    Forward(Forward),
    /// Somebody answers an invitation of ours.
    Greeting { author: VerKey, inbound: Inbound },
    /// A peer we know asks for something.
    Request { by: Arc<Correspondent>, inbound: Inbound },
    /// A peer we know said something that was not understood.
    Garbled { by: Arc<Correspondent>, error: DecodeError },
}

/// Why an envelope was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    Refused(Refusal),
    StoreAway(StoreError),
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Self {
        Self::StoreAway(error)
    }
}

impl From<Refusal> for Unread {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Finds a peer that was heard before by our key in its connection.
pub(crate) type Familiar<'a> = &'a (dyn Fn(&VerKey) -> Option<Arc<Correspondent>> + Sync);

/// The key of ours that an envelope is sealed for.
enum Lock {
    Routing,
    Invitation,
    Connection(Arc<Correspondent>),
}

impl Mediator {
    /// Opens and understands an envelope. `familiar` are peers heard before on the same socket, which saves looking them up.
    pub(crate) async fn read(
        &self,
        bytes: &[u8],
        familiar: Familiar<'_>,
    ) -> Result<Incoming, Unread> {
        let sealed =
            Sealed::parse(bytes, &self.settings.limits).map_err(|error| refusal(&error))?;
        let (index, lock) = self.find_lock(&sealed, familiar).await?;
        let opened = self.unlock(&sealed, index, &lock).map_err(|error| refusal(&error))?;
        understand(opened, lock)
    }

    async fn find_lock(
        &self,
        sealed: &Sealed,
        familiar: Familiar<'_>,
    ) -> Result<(usize, Lock), Unread> {
        for (index, key) in sealed.recipients() {
            if key == self.identity.routing().verkey() {
                return Ok((index, Lock::Routing));
            }
            if key == self.identity.invitation().verkey() {
                return Ok((index, Lock::Invitation));
            }
            if let Some(known) = familiar(&key) {
                return Ok((index, Lock::Connection(known)));
            }
            if let Some(known) = self.directory.by_our_key(&key).await? {
                return Ok((index, Lock::Connection(known)));
            }
        }
        Err(Refusal::NotForUs.into())
    }

    fn unlock(&self, sealed: &Sealed, index: usize, lock: &Lock) -> Result<Opened, EnvelopeError> {
        let own = |secret: &SecretKey| sealed.open(index, secret);
        match lock {
            Lock::Routing => own(self.identity.routing()),
            Lock::Invitation => own(self.identity.invitation()),
            Lock::Connection(known) => sealed.open_from(index, &known.secret, &known.peer),
        }
    }
}

fn understand(opened: Opened, lock: Lock) -> Result<Incoming, Unread> {
    let decoded = protocols::decode(&opened.plaintext);
    if let Ok(Inbound { command: Command::Forward(forward), .. }) = decoded {
        return Ok(Incoming::Forward(forward));
    }
    match lock {
        Lock::Routing => Err(Refusal::NotAMessage.into()),
        Lock::Invitation => match (opened.sender, decoded) {
            (Some(author), Ok(inbound)) => Ok(Incoming::Greeting { author, inbound }),
            (None, _) => Err(Refusal::Unauthorized.into()),
            (_, Err(_)) => Err(Refusal::NotAMessage.into()),
        },
        Lock::Connection(by) => {
            if !opened.sender.is_some_and(|author| by.is(&author)) {
                return Err(Refusal::Unauthorized.into());
            }
            Ok(match decoded {
                Ok(inbound) => Incoming::Request { by, inbound },
                Err(error) => Incoming::Garbled { by, error },
            })
        }
    }
}

fn refusal(error: &EnvelopeError) -> Refusal {
    match error {
        EnvelopeError::Refused | EnvelopeError::NotRecipient => Refusal::NotForUs,
        _ => Refusal::NotAnEnvelope,
    }
}
