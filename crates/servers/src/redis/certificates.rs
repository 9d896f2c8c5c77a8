use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// An authority of its own, and what it has signed: PEM files in one directory.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority's certificate.
    pub ca: PathBuf,
    /// The certificate of a server at `localhost` and 127.0.0.1.
    pub server: PathBuf,
    /// Its key.
    pub server_key: PathBuf,
    /// The certificate of a client.
    pub client: PathBuf,
    /// Its key.
    pub client_key: PathBuf,
}

type Authority = CertifiedIssuer<'static, KeyPair>;

impl Certificates {
    pub(super) const SERVER: &'static str = "server.pem";
    pub(super) const SERVER_KEY: &'static str = "server.key";

    /// Makes a fresh authority and its certificates, in this directory.
    ///
    /// # Panics
    /// If that fails.
    pub fn make(directory: &Path) -> Self {
        let made = Self {
            ca: directory.join("ca.pem"),
            server: directory.join(Self::SERVER),
            server_key: directory.join(Self::SERVER_KEY),
            client: directory.join("client.pem"),
            client_key: directory.join("client.key"),
        };
        let authority = authority();
        write(&made.ca, &authority.pem());
        sign(&authority, &["localhost", "127.0.0.1"], &made.server, &made.server_key);
        sign(&authority, &["client"], &made.client, &made.client_key);
        made
    }
}

fn authority() -> Authority {
    let mut parameters = CertificateParams::new([]).expect("no names are fine");
    // Whoever is named as its signer counts as signed by itself.
    parameters.distinguished_name.push(DnType::CommonName, "authority of a test");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(parameters, key).expect("an authority signs itself")
}

fn sign(authority: &Authority, names: &[&str], certificate: &Path, key: &Path) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let parameters = CertificateParams::new(names).expect("these are names");
    let pair = KeyPair::generate().expect("a key");
    let signed = parameters.signed_by(&pair, authority).expect("the authority signs");
    write(certificate, &signed.pem());
    write(key, &pair.serialize_pem());
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file of ours is written");
}
