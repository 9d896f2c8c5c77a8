//! What a browser, a script or a probe gets to see of this mediator.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use config::PublicUrl;
use mediator::Mediator;
use serde_json::json;
use transport::{Page, Pages};

use crate::health::Health;
use crate::page::{self, Home};

/// Pages that are written once.
pub struct Shown {
    /// Drawn for its first visitor: most mediators never have one, and a QR code takes more room than the start.
    home: LazyLock<Page, Box<dyn FnOnce() -> Page + Send>>,
    invitation: Page,
    health: Arc<Health>,
}

impl Shown {
    /// The pages of this mediator.
    pub fn new(mediator: &Mediator, url: &PublicUrl, health: Arc<Health>) -> Self {
        let invitation = mediator.invitation();
        let json =
            json!({"invitation": invitation.json, "invitation_url": invitation.url}).to_string();
        let home = Home {
            label: mediator.settings().introduction.label.clone(),
            invitation: invitation.url.clone(),
            endpoint: url.to_string(),
            socket: url.socket(),
            loopback: url.is_loopback(),
        };
        Self {
            home: LazyLock::new(Box::new(move || drawn(&home))),
            invitation: Page {
                content_type: "application/json",
                policy: None,
                body: Bytes::from(json),
            },
            health,
        }
    }
}

fn drawn(home: &Home) -> Page {
    Page {
        content_type: "text/html; charset=utf-8",
        policy: Some(page::POLICY),
        body: Bytes::from(page::home(home)),
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
