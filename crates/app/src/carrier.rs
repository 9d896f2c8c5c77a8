//! The way out, made when it is first needed.

use async_trait::async_trait;
use bytes::Bytes;
use mediator::{Carried, Carrier, End};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use transport::{CarrierOptions, HttpWsCarrier};

/// Carries over HTTP and WebSocket, from the first envelope on. Reading the system's trusted roots takes longer than
/// everything else at the start, and a mediator of wallets never dials anybody.
pub struct LateCarrier {
    options: CarrierOptions,
    made: OnceCell<HttpWsCarrier>,
}

impl LateCarrier {
    /// A carrier that is not there yet.
    pub fn new(options: CarrierOptions) -> Self {
        Self { options, made: OnceCell::new() }
    }

    async fn made(&self) -> anyhow::Result<&HttpWsCarrier> {
        let make = || async {
            let options = self.options.clone();
            Ok(spawn_blocking(move || HttpWsCarrier::new(&options)).await??)
        };
        self.made.get_or_try_init(make).await
    }
}

#[async_trait]
impl Carrier for LateCarrier {
    async fn carry(&self, uri: &str, envelopes: &[Bytes]) -> Carried {
        match self.made().await {
            Ok(carrier) => carrier.carry(uri, envelopes).await,
            Err(error) => {
                tracing::error!(%error, "nothing can be pushed to endpoints");
                Carried { taken: 0, end: End::Failed("this mediator has no way out".to_owned()) }
            }
        }
    }
}

/// For a mediator that is asked one thing and then ends.
pub struct NoCarrier;

#[async_trait]
impl Carrier for NoCarrier {
    async fn carry(&self, _: &str, _: &[Bytes]) -> Carried {
        Carried { taken: 0, end: End::Failed("nothing is carried by this process".to_owned()) }
    }
}
