//! TLS towards agents.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

/// Certificates of those whose word is trusted about others.
pub type Roots = Vec<CertificateDer<'static>>;

/// The certificates in a PEM file.
///
/// # Errors
///
/// If it cannot be read, or has none.
pub fn roots_in(file: &Path) -> io::Result<Roots> {
    let text = std::fs::read(file)?;
    let roots: Roots = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)?;
    if roots.is_empty() {
        Err(io::Error::other("there is no certificate in it"))
    } else {
        Ok(roots)
    }
}

/// A client that trusts what the system trusts, and `roots`.
pub(crate) fn client(roots: &Roots) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new_with_extra_roots(roots.iter().cloned(), provider.clone());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = match verifier {
        Ok(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        Err(error) => {
            tracing::warn!(%error, "the system names no roots of trust: https and wss endpoints cannot be reached");
            builder.with_root_certificates(RootCertStore::empty())
        }
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
