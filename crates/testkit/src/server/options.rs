use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use servers::{Job, Namespace};

/// How to start a mediator, or another part.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// What it is to be.
    pub role: Role,
    /// `--set` arguments: `section.key=value`.
    pub set: Vec<String>,
    /// The URL of its store; without one, it keeps everything in its own directory.
    pub store: Option<String>,
    /// Environment variables.
    pub variables: Vec<(String, String)>,
    /// The largest file it may write, in KiB.
    pub file_limit_kib: Option<u64>,
    /// Its network, if that is not ours.
    pub namespace: Option<Arc<Namespace>>,
}

/// What the binary is started as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// `restante mediator`.
    #[default]
    Mediator,
    /// `restante dock`.
    Dock,
    /// `restante relay`.
    Relay,
    /// `restante relay --deliver`.
    RelayAndDeliverer,
}

/// Starts with files that must not grow; without the trap the kernel would end the process instead of refusing the write.
const WITH_FILE_LIMIT: &str = r#"trap "" XFSZ; ulimit -f "$0" && exec "$@""#;

impl ServerOptions {
    /// With these settings, each as `section.key=value`.
    pub fn with(settings: &[&str]) -> Self {
        Self::default().and(settings)
    }

    /// A dock with these settings.
    pub fn dock(settings: &[&str]) -> Self {
        Self { role: Role::Dock, ..Self::with(settings) }
    }

    /// A relay with these settings.
    pub fn relay(settings: &[&str]) -> Self {
        Self { role: Role::Relay, ..Self::with(settings) }
    }

    /// With more settings.
    #[must_use]
    pub fn and(mut self, settings: &[&str]) -> Self {
        self.set.extend(settings.iter().map(|setting| (*setting).to_owned()));
        self
    }

    /// With the store at this URL.
    #[must_use]
    pub fn on(mut self, store: impl Into<String>) -> Self {
        self.store = Some(store.into());
        self
    }

    /// With this environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// In this network.
    #[must_use]
    pub fn inside(mut self, namespace: &Arc<Namespace>) -> Self {
        self.namespace = Some(namespace.clone());
        self
    }

    /// Where it listens, without the port.
    pub(super) fn host(&self) -> IpAddr {
        let host = self.namespace.as_ref().map(|namespace| namespace.inside());
        host.unwrap_or(Ipv4Addr::LOCALHOST.into())
    }

    pub(super) fn job(&self, listen: SocketAddr, data: &Path, log: &Path) -> Job {
        let mut job = self.program(log);
        job = match self.role {
            Role::Mediator => {
                job.args(["mediator", "--listen"]).arg(listen.to_string()).arg("--data").arg(data)
            }
            Role::Dock => job.args(["dock", "--listen"]).arg(listen.to_string()),
            Role::Relay => job.args(["relay", "--listen"]).arg(listen.to_string()),
            Role::RelayAndDeliverer => {
                job.args(["relay", "--deliver", "--listen"]).arg(listen.to_string())
            }
        };
        if let Some(url) = &self.store {
            job = job.arg("--store").arg(url);
        }
        for setting in &self.set {
            job = job.arg("--set").arg(setting);
        }
        job = job.env("RESTANTE_LOG", "debug");
        self.variables.iter().fold(job, |job, (name, value)| job.env(name, value))
    }

    fn program(&self, log: &Path) -> Job {
        let job = match self.file_limit_kib {
            None => Job::new(binary(), log),
            Some(limit) => {
                let limited = Job::new("bash", log).arg("-c").arg(WITH_FILE_LIMIT);
                limited.arg(limit.to_string()).arg(binary())
            }
        };
        match &self.namespace {
            None => job,
            Some(namespace) => job.inside(namespace),
        }
    }
}

fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test has an executable");
    let binary = variable("RESTANTE_BIN").map(PathBuf::from).or_else(|| beside(&test));
    binary
        .expect("there is no binary to test: run `cargo build -p app`, or name one in RESTANTE_BIN")
}

/// Where `cargo build -p app` leaves the binary, seen from a test's executable.
fn beside(test: &Path) -> Option<PathBuf> {
    let binary = test.parent()?.parent()?.join("restante");
    binary.exists().then_some(binary)
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by their environment which binary to test"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
