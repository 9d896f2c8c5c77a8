use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use super::Certificates;

/// How to start a Redis.
#[derive(Debug, Clone)]
pub struct RedisSpec {
    host: IpAddr,
    settings: Vec<(String, String)>,
    guarded: bool,
}

/// What a client has to show.
#[derive(Debug, Clone)]
pub struct Access {
    /// The user of the ACL.
    pub username: String,
    /// Its password.
    pub password: String,
    /// Who signed the server's certificate.
    pub ca: PathBuf,
    /// A certificate of a client, which the server takes and does not ask for.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

const USERNAME: &str = "restante";
const PASSWORD: &str = "poste-restante";

impl RedisSpec {
    /// One that keeps nothing on disk, and lets everybody in.
    pub fn plain() -> Self {
        Self { host: Ipv4Addr::LOCALHOST.into(), settings: Vec::new(), guarded: false }
    }

    /// One that speaks TLS only, and lets only one user in, by a password.
    pub fn tls_with_acl() -> Self {
        Self { guarded: true, ..Self::plain() }
    }

    /// One that has everything on disk before it answers.
    pub fn durable() -> Self {
        Self::plain().with("appendonly", "yes").with("appendfsync", "always")
    }

    /// One that syncs what it has written once a second.
    pub fn every_second() -> Self {
        Self::plain().with("appendonly", "yes").with("appendfsync", "everysec")
    }

    /// On another address of this machine than 127.0.0.1.
    #[must_use]
    pub fn at(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// With a setting of `redis.conf`. The last one of a name counts, where there can be only one.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn host(&self) -> IpAddr {
        self.host
    }

    pub(super) fn is_guarded(&self) -> bool {
        self.guarded
    }

    /// The text of `redis.conf`.
    pub(super) fn configuration(
        &self,
        port: u16,
        directory: &Path,
        access: Option<&Access>,
    ) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            writeln!(text, "{name} {value}").expect("a text takes every line");
        };
        line("bind", &self.host.to_string());
        // Whoever reaches this address may come in.
        line("protected-mode", "no");
        line("dir", &directory.display().to_string());
        line("save", "\"\"");
        line("enable-debug-command", "yes");
        match access {
            None => line("port", &port.to_string()),
            Some(access) => access.lines(port).iter().for_each(|(name, value)| line(name, value)),
        }
        self.settings.iter().for_each(|(name, value)| line(name, value));
        text
    }
}

impl Access {
    pub(super) fn make(directory: &Path) -> Self {
        let certificates = Certificates::make(directory);
        Self {
            username: USERNAME.to_owned(),
            password: PASSWORD.to_owned(),
            ca: certificates.ca,
            certificate: certificates.client,
            key: certificates.client_key,
        }
    }

    fn lines(&self, port: u16) -> Vec<(&'static str, String)> {
        let beside = |name| self.ca.with_file_name(name).display().to_string();
        vec![
            ("port", "0".to_owned()),
            ("tls-port", port.to_string()),
            ("tls-cert-file", beside(Certificates::SERVER)),
            ("tls-key-file", beside(Certificates::SERVER_KEY)),
            ("tls-ca-cert-file", self.ca.display().to_string()),
            ("tls-auth-clients", "optional".to_owned()),
            // With fewer rights for this user, Redis drops transactions when it reads them back from its append-only file.
            ("user", "default off ~* &* +@all".to_owned()),
            ("user", format!("{} on >{} ~* &* +@all", self.username, self.password)),
        ]
    }

    pub(super) fn cli_arguments(&self) -> [&str; 8] {
        let ca = self.ca.to_str().expect("a path of ours is text");
        let credentials = ["--user", &self.username, "--pass", &self.password];
        let [user, username, pass, password] = credentials;
        ["--tls", "--cacert", ca, "--no-auth-warning", user, username, pass, password]
    }
}
