//! TLS, with certificates that are right and wrong.

use servers::{Certificates, PgSpec, Postgres};
use store_postgres::{ConnectError, Options, PostgresStore};

use crate::support::clock;

/// A server with a certificate, and where its authority's is.
async fn server() -> (Postgres, Certificates) {
    let server = Postgres::start(PgSpec::plain()).await;
    let certificates = server.speaks_tls().await;
    (server, certificates)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_the_given_authority_is_good() {
    let (server, certificates) = server().await;
    let options = Options { ca: Some(certificates.ca.clone()), ..Options::new(server.url()) };
    let store = PostgresStore::connect(options, clock()).await.expect("an encrypted connection");
    assert!(store.settings().await.expect("settings").encrypted);
    let url = format!("{}?sslmode=require&sslrootcert={}", server.url(), certificates.ca.display());
    PostgresStore::connect(Options::new(url), clock()).await.expect("the same by its URL");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_is_refused() {
    let (server, _) = server().await;
    let other = tempfile::tempdir().expect("a directory");
    let options =
        Options { ca: Some(Certificates::make(other.path()).ca), ..Options::new(server.url()) };
    let error = PostgresStore::connect(options, clock()).await.err();
    assert!(
        matches!(&error, Some(ConnectError::Tls(text)) if text.contains("invalid peer certificate")),
        "{error:?}"
    );
    // Nor is it one that the system trusts.
    let url = format!("{}?sslmode=verify-full", server.url());
    let error = PostgresStore::connect(Options::new(url), clock()).await.err();
    assert!(matches!(error, Some(ConnectError::Tls(_))), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_not_spoken_to_in_clear() {
    let other = tempfile::tempdir().expect("a directory");
    let url = Postgres::shared().await.url();
    let options = Options { ca: Some(Certificates::make(other.path()).ca), ..Options::new(url) };
    let error = PostgresStore::connect(options, clock()).await.err();
    assert!(
        matches!(&error, Some(ConnectError::Tls(text)) if text.contains("ssl") || text.contains("TLS")),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_certificates_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let empty = directory.path().join("empty.pem");
    std::fs::write(&empty, "").expect("a file");
    let options = Options { ca: Some(empty), ..Options::new("postgres://127.0.0.1/none") };
    let error = PostgresStore::connect(options, clock()).await.err();
    assert!(
        matches!(&error, Some(ConnectError::Tls(text)) if text.contains("empty.pem")),
        "{error:?}"
    );
}
