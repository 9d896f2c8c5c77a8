//! The process under measurement, as the kernel sees it.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// A running `restante mediator` with an empty store, or another part. Killed when it is dropped.
pub struct Measured {
    child: Child,
    address: SocketAddr,
    /// From the start of the process to the first 200 of its readiness probe.
    pub ready_after: Duration,
    _data: TempDir,
}

/// The kernel counts CPU time in these (`getconf CLK_TCK`).
const TICKS_PER_SECOND: f64 = 100.0;

impl Measured {
    /// Starts `binary` with the embedded store.
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
        command.args([role, "--listen", &address.to_string()]).args(more);
        if role == "mediator" && !more.iter().any(|word| word == "--store") {
            command.arg("--data").arg(data.path().join("data"));
        }
        let child = command
            .env("RESTANTE_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary");
        while !is_ready(address).await {
            sleep(Duration::from_millis(1)).await;
        }
        Self { child, address, ready_after: started.elapsed(), _data: data }
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
}

async fn is_ready(address: SocketAddr) -> bool {
    let answer = reqwest::get(format!("http://{address}/health/ready")).await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// CPU seconds that a process has used, in user and kernel mode.
pub fn cpu_of(pid: u32) -> f64 {
    let stat = proc(pid, "stat");
    // The name, in parentheses, may hold blanks; utime and stime are fields 14 and 15.
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks =
        |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / TICKS_PER_SECOND
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
