//! Several instances over one store, and the engine's processes beside them.

use std::net::SocketAddr;
use std::path::Path;

use tempfile::TempDir;

use crate::arguments::Arguments;
use crate::process::{Measured, cpu_of};

/// What is measured together.
pub struct Deployment {
    pub instances: Vec<Measured>,
    engine: Vec<u32>,
    _secret: TempDir,
}

/// CPU seconds used so far.
#[derive(Clone, Copy)]
pub struct Used {
    pub mediators: f64,
    pub engine: f64,
}

impl std::ops::Sub for Used {
    type Output = Self;
    fn sub(self, earlier: Self) -> Self {
        Self { mediators: self.mediators - earlier.mediators, engine: self.engine - earlier.engine }
    }
}

impl Deployment {
    /// `--instances` of the binary over `--store`; each `--engine-pid` is counted as the store's engine, each `--set` is handed
    /// on. Without a store, one instance over its embedded one.
    pub async fn start(binary: &Path, arguments: &Arguments) -> Self {
        let secret = TempDir::new().expect("a directory");
        let file = secret.path().join("root-secret");
        std::fs::write(&file, [7; 32]).expect("the secret is written");
        let only_owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, only_owner).expect("the secret is locked");
        let mut more = vec!["--root-secret-file".to_owned(), file.display().to_string()];
        if let Some(store) = arguments.text("store") {
            more.extend(["--store".to_owned(), store.to_owned()]);
        }
        for set in arguments.all("set") {
            more.extend(["--set".to_owned(), set]);
        }
        let mut instances = Vec::new();
        for _ in 0..arguments.of("instances", 1) {
            instances.push(Measured::start_with(binary, &more).await);
        }
        let pids = arguments.all("engine-pid");
        let engine = pids.iter().map(|pid| pid.parse().expect("a process id")).collect();
        Self { instances, engine, _secret: secret }
    }

    /// Where the instances listen, in turn.
    pub fn address(&self, turn: usize) -> SocketAddr {
        self.instances[turn % self.instances.len()].address()
    }

    /// CPU used until now.
    pub fn used(&self) -> Used {
        Used {
            mediators: self.instances.iter().map(Measured::cpu).sum(),
            engine: self.engine.iter().map(|pid| cpu_of(*pid)).sum(),
        }
    }

    /// What the embedded stores take on disk, in MB.
    pub fn on_disk(&self) -> f64 {
        self.instances.iter().map(Measured::on_disk).sum()
    }

    /// Resident memory of all instances in MB.
    pub fn resident(&self) -> f64 {
        self.instances.iter().map(Measured::resident).sum()
    }
}
