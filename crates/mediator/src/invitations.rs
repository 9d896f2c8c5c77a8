//! Our invitations (RFC 0434).

use protocols::out_of_band::Invitation as Words;
use serde_json::Value;
use store::{Invitation, Result, Timestamp};

use crate::ids::{random_u64, uuid_shaped};
use crate::{Identity, Mediator, Settings};

/// An invitation in the two forms in which it is handed around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationText {
    /// The message itself.
    pub json: Value,
    /// The same as a link, to be shown as a QR code.
    pub url: String,
}

impl InvitationText {
    /// Words for an invitation with this id. Needs no store: the standing invitation follows from the root secret and the
    /// settings alone.
    pub fn write(settings: &Settings, identity: &Identity, id: &str) -> Self {
        let words = Words {
            id: id.to_owned(),
            label: settings.introduction.label.clone(),
            key: identity.invitation().verkey(),
            endpoint: settings.public_url.clone(),
            goal_code: settings.introduction.goal_code.clone(),
            goal: settings.introduction.goal.clone(),
            image_url: settings.introduction.image_url.clone(),
        };
        Self { json: words.to_json(), url: words.to_url(&page(&settings.public_url)) }
    }
}

/// The address of our page: a URL without a path gets one, since some readers of links insist on it.
fn page(public_url: &str) -> String {
    let slash = if public_url.matches('/').count() == 2 { "/" } else { "" };
    format!("{public_url}{slash}")
}

impl Mediator {
    /// Makes an invitation that can be used once, until `expires`.
    ///
    /// # Errors
    /// The store's, and then there is no invitation.
    pub async fn invite_once(&self, expires: Timestamp) -> Result<InvitationText> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&random_u64().to_be_bytes());
        bytes[8..].copy_from_slice(&random_u64().to_be_bytes());
        let id = uuid_shaped(&bytes);
        let kept = Invitation { id: id.clone(), expires, used_by: None };
        self.stores.connections.invite(&kept).await?;
        Ok(InvitationText::write(&self.settings, &self.identity, &id))
    }
}
