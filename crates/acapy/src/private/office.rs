use std::sync::Arc;

use mediator::{Answer, CloseReason, Link, Refusal};
use tokio_util::sync::CancellationToken;
use transport::{Asked, Method, Office, Socket, StatusCode, Told, Visit};

use super::{AdminProxy, Status, WebhookTaker};
use crate::Health;

/// What a port serves that is not for strangers. What is not set is not there.
#[derive(Debug)]
pub struct PrivateOffice {
    /// `GET /health/live` and `GET /health/ready`.
    pub health: Arc<Health>,
    /// `GET /status/…`.
    pub status: Option<Status>,
    /// `POST …/topic/<topic>/`.
    pub webhooks: Option<WebhookTaker>,
    /// `/admin/…`.
    pub admin: Option<Arc<AdminProxy>>,
}

impl PrivateOffice {
    /// One that tells of `health` and nothing else.
    #[must_use]
    pub fn new(health: Arc<Health>) -> Self {
        Self { health, status: None, webhooks: None, admin: None }
    }

    fn health(&self, path: &str) -> Option<Told> {
        let well = match path {
            "/health/live" => self.health.is_live(),
            "/health/ready" => self.health.is_ready(),
            _ => return None,
        };
        let (code, word) = if well {
            (StatusCode::OK, "yes\n")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "no\n")
        };
        Some(Told::text(code, word))
    }
}

impl Office for PrivateOffice {
    /// Envelopes come to the other port.
    async fn post(self: &Arc<Self>, _: &[u8]) -> Answer {
        Answer::Refused(Refusal::NotForUs)
    }

    async fn serve_socket(self: Arc<Self>, _: Visit, mut socket: Socket, _: CancellationToken) {
        socket.close(CloseReason::BadFrame).await;
    }

    fn answers(&self, _: &Method, _: &str) -> bool {
        true
    }

    async fn answer(self: &Arc<Self>, asked: Asked) -> Told {
        let status = self.status.as_ref();
        let known = status
            .and_then(|status| status.answer(&asked.method, &asked.path, &asked.headers))
            .or_else(|| self.health(&asked.path));
        if let Some(told) = known {
            return told;
        }
        if let Some((admin, path)) = self.admin.as_ref().zip(AdminProxy::path(&asked)) {
            return admin.pass_on(path, asked).await;
        }
        match self.webhooks.as_ref().zip(WebhookTaker::topic(&asked.method, &asked.path)) {
            Some((webhooks, topic)) => webhooks.take(topic, asked).await,
            None => Told::text(StatusCode::NOT_FOUND, "nothing here"),
        }
    }
}
