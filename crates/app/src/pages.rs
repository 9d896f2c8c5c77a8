//! What a browser, a script or a probe gets to see of this mediator.

use std::sync::Arc;

use bytes::Bytes;
use config::PublicUrl;
use mediator::Mediator;
use serde_json::json;
use transport::{Page, Pages};

use crate::health::Health;
use crate::page::{self, Home};

/// Pages that are written once, at the start.
pub struct Shown {
    home: Page,
    invitation: Page,
    health: Arc<Health>,
}

impl Shown {
    /// The pages of this mediator.
    ///
    /// # Errors
    /// If the invitation does not fit into a QR code.
    pub fn new(mediator: &Mediator, url: &PublicUrl, health: Arc<Health>) -> anyhow::Result<Self> {
        let invitation = mediator.invitation();
        let home = page::home(&Home {
            label: &mediator.settings().introduction.label,
            invitation: &invitation.url,
            endpoint: &url.to_string(),
            socket: &url.socket(),
            loopback: url.is_loopback(),
        })?;
        let json =
            json!({"invitation": invitation.json, "invitation_url": invitation.url}).to_string();
        Ok(Self {
            home: Page {
                content_type: "text/html; charset=utf-8",
                policy: Some(page::POLICY),
                body: Bytes::from(home),
            },
            invitation: Page {
                content_type: "application/json",
                policy: None,
                body: Bytes::from(json),
            },
            health,
        })
    }
}

impl Pages for Shown {
    fn home(&self, _: Option<&str>) -> Page {
        self.home.clone()
    }

    fn invitation(&self, query: Option<&str>) -> Option<Page> {
        let version =
            query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("version="));
        matches!(version, None | Some("" | "1")).then(|| self.invitation.clone())
    }

    fn ready(&self) -> bool {
        self.health.is_good()
    }
}
