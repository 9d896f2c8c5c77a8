//! TLS, and certificates that change.
#![expect(clippy::unwrap_used, reason = "what the tests set up may fail them")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::{Port, open_with, post, rest, status, tight};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use transport::{Certificates, Count, TlsFiles};

fn fresh() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

fn write(folder: &Path, certified: &CertifiedKey<KeyPair>) {
    std::fs::write(folder.join("cert.pem"), certified.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), certified.signing_key.serialize_pem()).unwrap();
}

fn files(folder: &Path) -> TlsFiles {
    TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") }
}

async fn served() -> (TempDir, CertifiedKey<KeyPair>, Arc<Certificates>, Port) {
    let (folder, certified) = (TempDir::new().unwrap(), fresh());
    write(folder.path(), &certified);
    let certificates = Arc::new(Certificates::load(files(folder.path())).unwrap());
    let port = open_with(tight(), Some(certificates.clone())).await;
    (folder, certified, certificates, port)
}

async fn dial(
    port: &Port,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, port.connect().await).await
}

#[tokio::test]
async fn envelopes_travel_under_tls() {
    let (_folder, certified, _certificates, port) = served().await;
    let mut tls = dial(&port, certified.cert.der()).await.unwrap();
    tls.write_all(post("ask", "text/plain").as_bytes()).await.unwrap();
    let response = rest(&mut tls).await;
    assert_eq!(status(&response), 200);
    assert!(response.ends_with("reply"), "{response}");
}

#[tokio::test]
async fn mail_under_tls_has_its_receipt() {
    let (_folder, certified, _certificates, mut port) = served().await;
    let mut tls = dial(&port, certified.cert.der()).await.unwrap();
    tls.write_all(post("mail", "text/plain").as_bytes()).await.unwrap();
    assert!(rest(&mut tls).await.ends_with("letter"));
    assert_eq!(port.fates.recv().await, Some(common::Fate::Taken));
}

#[tokio::test]
async fn mail_for_a_peer_that_reads_it_and_hangs_up_is_taken() {
    let (_folder, certified, _certificates, mut port) = served().await;
    let mut tls = dial(&port, certified.cert.der()).await.unwrap();
    let keep = post("mail", "text/plain").replace("connection: close\r\n", "");
    tls.write_all(keep.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !response.ends_with(b"letter") {
        response.push(tls.read_u8().await.unwrap());
    }
    drop(tls);
    assert_eq!(port.fates.recv().await, Some(common::Fate::Taken));
}

#[tokio::test]
async fn sockets_work_under_tls() {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;

    let (_folder, certified, _certificates, port) = served().await;
    let tls = dial(&port, certified.cert.der()).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("ws://localhost/", tls).await.unwrap();
    socket.send(Message::binary(&b"{}"[..])).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("{}"));
}

#[tokio::test]
async fn who_speaks_no_tls_is_cut_and_counted() {
    let (_folder, _certified, _certificates, port) = served().await;
    assert!(!port.post("forward").await.contains("HTTP/1.1"));
    port.counts(Count::TlsFailures, 1).await;
}

#[tokio::test]
async fn who_never_shakes_hands_is_cut() {
    let (_folder, _certified, _certificates, port) = served().await;
    let mut tcp = port.connect().await;
    assert_eq!(rest(&mut tcp).await, "");
    assert_eq!(port.tally.of(Count::TlsFailures), 1);
}

#[tokio::test]
async fn a_new_certificate_is_shown_after_a_reload() {
    let (folder, old, certificates, port) = served().await;
    let new = fresh();
    write(folder.path(), &new);
    certificates.reload().unwrap();
    assert!(dial(&port, new.cert.der()).await.is_ok());
    assert!(dial(&port, old.cert.der()).await.is_err());
}

#[tokio::test]
async fn a_changed_file_is_noticed() {
    let (folder, _old, certificates, port) = served().await;
    let new = fresh();
    write(folder.path(), &new);
    // The clock of files may be coarse: make the change plain.
    let later = std::fs::File::open(folder.path().join("cert.pem")).unwrap();
    later
        .set_modified(later.metadata().unwrap().modified().unwrap() + Duration::from_secs(2))
        .unwrap();
    certificates.reload_if_changed();
    assert!(dial(&port, new.cert.der()).await.is_ok());
}

#[tokio::test]
async fn a_half_replaced_pair_leaves_the_old_one_in_place() {
    let (folder, old, certificates, port) = served().await;
    std::fs::write(folder.path().join("cert.pem"), fresh().cert.pem()).unwrap();
    assert!(certificates.reload().is_err());
    std::fs::write(folder.path().join("cert.pem"), "").unwrap();
    assert!(certificates.reload().is_err());
    assert!(dial(&port, old.cert.der()).await.is_ok());
}

#[test]
fn files_that_are_not_there_are_named_in_the_error() {
    let folder = TempDir::new().unwrap();
    let error = Certificates::load(files(folder.path())).unwrap_err();
    assert!(error.to_string().contains("cert.pem"), "{error}");
}
