//! How a connection to one server is opened.

use std::path::Path;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo,
    IntoConnectionInfo, ProtocolVersion, RedisConnectionInfo, RedisResult, TlsCertificates,
};

use crate::options::{Address, Ssl};
use crate::{ConnectError, Options};

/// After this long without an answer to what it sent, the system gives a connection up.
const SILENCE: Duration = Duration::from_secs(2);

/// How long a new connection may take.
pub(crate) const OPENING: Duration = Duration::from_millis(1_000);

/// What every connection of ours begins with. Debug output leaves secrets out.
#[derive(Clone)]
pub(crate) struct Door {
    redis: RedisConnectionInfo,
    certificates: Option<TlsCertificates>,
}

impl Door {
    /// # Errors
    /// If a file of [`Ssl`] cannot be read.
    pub fn new(address: &Address, options: &Options) -> Result<Self, ConnectError> {
        let mut redis = RedisConnectionInfo::default()
            .set_protocol(ProtocolVersion::RESP3)
            .set_db(address.database);
        if let Some(credentials) = &address.credentials {
            redis = redis.set_password(credentials.password.as_str());
            if let Some(username) = &credentials.username {
                redis = redis.set_username(username);
            }
        }
        let certificates = if address.tls { Some(certificates(&options.ssl)?) } else { None };
        Ok(Self { redis, certificates })
    }

    /// A client for one server.
    pub fn client(&self, host: &str, port: u16) -> RedisResult<Client> {
        let info = |addr: ConnectionAddr| -> RedisResult<ConnectionInfo> {
            let info = addr.into_connection_info()?;
            Ok(info.set_redis_settings(self.redis.clone()).set_tcp_settings(tcp()))
        };
        let host = host.to_owned();
        match &self.certificates {
            None => Client::open(info(ConnectionAddr::Tcp(host, port))?),
            Some(certificates) => {
                let tls_params = None;
                let addr = ConnectionAddr::TcpTls { host, port, insecure: false, tls_params };
                Client::build_with_tls(info(addr)?, certificates.clone())
            }
        }
    }

    /// A connection to one server, with room for pushes if somebody wants them.
    pub async fn open(
        &self,
        (host, port): (&str, u16),
        config: AsyncConnectionConfig,
    ) -> RedisResult<MultiplexedConnection> {
        let config = config.set_connection_timeout(Some(OPENING));
        self.client(host, port)?.get_multiplexed_async_connection_with_config(&config).await
    }

    /// What a client of a cluster needs beside the addresses.
    pub fn certificates(&self) -> Option<TlsCertificates> {
        self.certificates.clone()
    }
}

/// Small answers must not wait for more, and a server that vanished must be noticed.
pub(crate) fn tcp() -> TcpSettings {
    let keepalive = redis::io::tcp::socket2::TcpKeepalive::new().with_time(SILENCE * 5);
    let settings = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(SILENCE);
    settings
}

fn certificates(ssl: &Ssl) -> Result<TlsCertificates, ConnectError> {
    let client_tls = match (&ssl.certificate, &ssl.key) {
        (Some(certificate), Some(key)) => Some(ClientTlsConfig {
            client_cert: read("ssl.certificate", certificate)?,
            client_key: read("ssl.key", key)?,
        }),
        (None, None) => None,
        _ => return Err(ConnectError::HalfACertificate),
    };
    let root_cert = ssl.cacerts.as_deref().map(|path| read("ssl.cacerts", path)).transpose()?;
    Ok(TlsCertificates { client_tls, root_cert })
}

fn read(option: &'static str, path: &Path) -> Result<Vec<u8>, ConnectError> {
    let bad = |why: String| ConnectError::BadFile { option, path: path.to_owned(), why };
    let pem = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
    let is_pem = pem.windows(11).any(|window| window == b"-----BEGIN ");
    if is_pem { Ok(pem) } else { Err(bad("it is no PEM file".to_owned())) }
}
