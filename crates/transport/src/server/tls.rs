//! TLS with certificates from files, read again when they change.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::{Mutex, RwLock};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Where a port's certificate is.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// PEM: our certificate first, then what leads to a root.
    pub certificate: PathBuf,
    /// PEM: its private key (PKCS#8, PKCS#1 or SEC1).
    pub key: PathBuf,
}

/// The certificate that a port shows: always one that was whole and fitted its key.
pub struct Certificates {
    files: TlsFiles,
    seen: Mutex<Option<Stamp>>,
    shelf: Arc<Shelf>,
    acceptor: TlsAcceptor,
}

/// When the two files were written, and how long they are.
type Stamp = [(SystemTime, u64); 2];

#[derive(Debug)]
struct Shelf {
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Shelf {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().clone())
    }
}

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, holds no certificate or key, or if they do not belong together.
    pub fn load(files: TlsFiles) -> io::Result<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let seen = stamp(&files).ok();
        let current = RwLock::new(Arc::new(read(&files, &provider)?));
        let shelf = Arc::new(Shelf { provider: provider.clone(), current });
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_cert_resolver(shelf.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            files,
            seen: Mutex::new(seen),
            shelf,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    /// Reads the files again; connections made from now on see what they hold. Nothing changes on an error.
    ///
    /// # Errors
    ///
    /// As for [`Certificates::load`].
    pub fn reload(&self) -> io::Result<()> {
        let fresh = read(&self.files, &self.shelf.provider)?;
        *self.shelf.current.write() = Arc::new(fresh);
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Reads the files again whenever they have changed. Runs for ever.
    pub(crate) async fn watch(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let certificates = self.clone();
            drop(tokio::task::spawn_blocking(move || certificates.reload_if_changed()).await);
        }
    }

    /// Reads the files again if they have changed since they were last looked at. What cannot be used is logged and leaves
    /// everything as it was: files that are being replaced do not fit until both are there, and then they have changed again.
    pub fn reload_if_changed(&self) {
        let Ok(now) = stamp(&self.files) else { return };
        if self.seen.lock().replace(now) == Some(now) {
            return;
        }
        match self.reload() {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => {
                tracing::warn!(%error, "the changed certificate cannot be used; the old one stays")
            }
        }
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("files", &self.files).finish_non_exhaustive()
    }
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> io::Result<CertifiedKey> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|error| broken(&files.certificate, &error))?;
    if chain.is_empty() {
        return Err(broken(&files.certificate, &"holds no certificate"));
    }
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(|error| broken(&files.key, &error))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| broken(&files.key, &error))
}

fn broken(path: &Path, why: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()))
}

fn stamp(files: &TlsFiles) -> io::Result<Stamp> {
    let of = |path: &Path| {
        let metadata = path.metadata()?;
        Ok::<_, io::Error>((metadata.modified()?, metadata.len()))
    };
    Ok([of(&files.certificate)?, of(&files.key)?])
}
