//! The private side of a dock, from which its backend sends to sockets.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use config::{Config, DockBackend};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use transport::Limits;
use transport::dock::{Berths, DockTally, Private, PrivateOptions};

use super::{drain, options, serve_port};

/// How long what is under way may take once all sockets are closed.
const LAST_CALLS: Duration = Duration::from_secs(1);

/// It, of the dock with these sockets.
pub fn of(berths: &Arc<Berths>, tally: &Arc<DockTally>, config: &Config) -> Arc<Private> {
    Private::new(berths.clone(), tally.clone(), private_options(config))
}

/// On the port of the sockets everybody could ask for the status; with a port of its own, or a key, only who may.
fn private_options(config: &Config) -> PrivateOptions {
    let key = config.dock.bearer.as_ref().map(|key| key.reveal().to_owned());
    PrivateOptions {
        status: config.dock.private_listen.is_some() || key.is_some(),
        // Mediators that share its store do not call it.
        sends: config.dock.backend != DockBackend::Store,
        key,
        unknown_is_500: config.dock.unknown_is_500,
    }
}

/// It on a port of its own. The backend goes on sending there while the sockets are closed.
pub struct PrivateSide {
    end: CancellationToken,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl PrivateSide {
    /// Serves it until it is closed.
    pub fn open(listener: TcpListener, side: Arc<Private>, config: &Config) -> Self {
        let end = CancellationToken::new();
        let options = options(private_limits(config), Arc::default());
        let drain = drain(end.clone(), LAST_CALLS);
        Self { end, serving: tokio::spawn(serve_port(listener, side, options, drain)) }
    }

    /// Ends it.
    ///
    /// # Errors
    /// If it broke before.
    pub async fn close(self) -> anyhow::Result<()> {
        self.end.cancel();
        self.serving.await.context("the private side broke")?
    }
}

/// What the backend may use: it comes from one address, or few.
fn private_limits(config: &Config) -> Limits {
    let usual = Limits::default();
    Limits {
        body_bytes: config.dock.frame_bytes.as_usize(),
        connections_per_address: usual.connections,
        ..usual
    }
}
