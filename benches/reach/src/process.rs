//! The process under measurement, as the kernel sees it.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::time::ClockId;
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::load;

/// A running `restante mediator` with an empty store, or another part. Killed when it is dropped.
pub struct Measured {
    child: Child,
    address: SocketAddr,
    /// From the start of the process to the first 200 of its readiness probe.
    pub ready_after: Duration,
    data: TempDir,
}

/// A process that is not ready by then is not going to be.
const READY_WITHIN: Duration = Duration::from_secs(8);

impl Measured {
    /// Starts `binary` with the embedded store.
    ///
    /// # Panics
    /// As the others: if it is not ready soon.
    pub async fn start(binary: &Path) -> Self {
        Self::start_with(binary, &[]).await
    }

    /// Starts `binary` with further arguments, of which `--store` says that there is to be another store.
    pub async fn start_with(binary: &Path, more: &[String]) -> Self {
        Self::start_as(binary, "mediator", more).await
    }

    /// Starts `binary` as another of its parts.
    pub async fn start_as(binary: &Path, role: &str, more: &[String]) -> Self {
        let data = TempDir::new().expect("a directory");
        let address =
            TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a port");
        let started = Instant::now();
        let mut command = Command::new(binary);
        // A deliverer is asked by nobody but its operator.
        let listen = if role == "deliverer" { "--admin-listen" } else { "--listen" };
        command.args([role, listen, &address.to_string()]).args(more);
        if role == "mediator" && !more.iter().any(|word| word == "--store") {
            command.arg("--data").arg(data.path().join("data"));
        }
        let child = command
            .env("RESTANTE_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary");
        let mut measured = Self { child, address, ready_after: Duration::ZERO, data };
        measured.until_ready(role).await;
        measured.ready_after = started.elapsed();
        measured
    }

    async fn until_ready(&mut self, role: &str) {
        let (client, deadline) = (load::client(), Instant::now() + READY_WITHIN);
        while !is_ready(&client, self.address, role).await {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("the {role} ended before it was ready ({status}); see what it said above");
            }
            assert!(
                Instant::now() < deadline,
                "the {role} is not ready after {} s; is its store there?",
                READY_WITHIN.as_secs()
            );
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// CPU seconds it has used, in user and kernel mode.
    pub fn cpu(&self) -> f64 {
        cpu_of(self.child.id())
    }

    /// Its resident memory in MB.
    pub fn resident(&self) -> f64 {
        let status = proc(self.child.id(), "status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        let kib: f64 =
            line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or_default();
        kib * 1024.0 / 1e6
    }

    /// What its embedded store takes on disk, in MB: blocks, not lengths.
    pub fn on_disk(&self) -> f64 {
        blocks(&self.data.path().join("data")) as f64 * 512.0 / 1e6
    }
}

fn blocks(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let of = |file: std::fs::DirEntry| match file.metadata() {
        Ok(it) if it.is_dir() => blocks(&file.path()),
        // A file that goes away while we look takes nothing.
        it => it.map_or(0, |file| file.blocks()),
    };
    files.map(of).sum()
}

async fn is_ready(client: &reqwest::Client, address: SocketAddr, role: &str) -> bool {
    let page = if role == "deliverer" { "metrics" } else { "health/ready" };
    let answer = client.get(format!("http://{address}/{page}")).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// CPU seconds that a process has used, in user and kernel mode.
///
/// # Panics
/// If there is no such process.
pub fn cpu_of(pid: u32) -> f64 {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(pid.cast_signed()));
    Duration::from(clock.and_then(ClockId::now).expect("a process")).as_secs_f64()
}

fn proc(pid: u32, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default()
}

impl Drop for Measured {
    fn drop(&mut self) {
        // Both fail only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
