//! What is asked to keep the contract: the dock itself, or a stand-in for SocketDock.

use std::net::SocketAddr;

use reqwest::{Client, Response, StatusCode};
use servers::free_port;
use testkit::{Server, ServerOptions, StandInDock};

use crate::backend::Backend;
use crate::wallet::Wallet;

/// A dock and the backend behind it.
pub struct Subject {
    pub backend: Backend,
    pub http: Client,
    dock: Dock,
}

enum Dock {
    Restante(Box<Server>),
    StandIn(StandInDock),
}

impl Subject {
    /// `restante dock --backend http`.
    pub async fn restante() -> Self {
        Self::with(&[]).await
    }

    /// The same with these settings.
    pub async fn with(settings: &[&str]) -> Self {
        Self::with_secrets(settings, &[]).await
    }

    /// The same with these environment variables.
    pub async fn with_secrets(settings: &[&str], secrets: &[(&str, &str)]) -> Self {
        let backend = Backend::start().await;
        let uris = uris(backend.address());
        let uris: Vec<_> = uris.iter().map(String::as_str).collect();
        let mut options = ServerOptions::dock(&uris).and(settings);
        for (name, value) in secrets {
            options = options.variable(name, value);
        }
        let dock = Dock::Restante(Box::new(Server::start_with(options).await));
        Self { backend, http: Client::new(), dock }
    }

    /// What SocketDock does.
    pub async fn stand_in() -> Self {
        let backend = Backend::start().await;
        let dock = Dock::StandIn(StandInDock::start(backend.address()).await);
        Self { backend, http: Client::new(), dock }
    }

    /// Where wallets dial.
    pub fn address(&self) -> SocketAddr {
        match &self.dock {
            Dock::Restante(server) => server.address(),
            Dock::StandIn(dock) => dock.address(),
        }
    }

    /// The process, which the stand-in is none of.
    pub fn server(&mut self) -> &mut Server {
        match &mut self.dock {
            Dock::Restante(server) => server,
            Dock::StandIn(_) => panic!("the stand-in is no process"),
        }
    }

    pub async fn dial(&self) -> Wallet {
        Wallet::dial(self.address()).await
    }

    /// Posts a body to a URI of the dock.
    pub async fn post(
        &self,
        uri: &str,
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> (StatusCode, String) {
        let request = self.http.post(uri).header("content-type", content_type).body(body.into());
        told(request.send().await.expect("an answer")).await
    }
}

/// A free address of this machine.
pub fn free_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

/// The settings that name this backend.
pub fn uris(backend: SocketAddr) -> [String; 4] {
    [
        "dock.backend=http".to_owned(),
        format!("dock.connect_uri=http://{backend}/dock/connect"),
        format!("dock.message_uri=http://{backend}/dock/message"),
        format!("dock.disconnect_uri=http://{backend}/dock/disconnect"),
    ]
}

pub async fn told(answer: Response) -> (StatusCode, String) {
    let status = answer.status();
    (status, answer.text().await.expect("a body"))
}
