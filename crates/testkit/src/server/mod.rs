//! The real binary: started, killed, started again.

mod process;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use process::Process;

/// How to start it.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// `--set` arguments: `section.key=value`.
    pub set: Vec<String>,
    /// The largest file it may write, in KiB.
    pub file_limit_kib: Option<u64>,
}

impl ServerOptions {
    /// With these settings, each as `section.key=value`.
    pub fn with(settings: &[&str]) -> Self {
        Self {
            set: settings.iter().map(|setting| (*setting).to_owned()).collect(),
            file_limit_kib: None,
        }
    }
}

/// `restante mediator` on a port and a directory of its own. Killed when it is dropped; its log is shown when a test fails.
pub struct Server {
    address: SocketAddr,
    data: TempDir,
    options: ServerOptions,
    process: Option<Process>,
}

/// It has to be ready after this long, also on a machine that is busy with other tests.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// It has to end after this long when it is asked to.
const ENDED_WITHIN: Duration = Duration::from_secs(30);

const LOOK_EVERY: Duration = Duration::from_millis(10);

impl Server {
    /// Starts one with everything at its default, and waits until it is ready.
    ///
    /// # Panics
    /// If it does not get ready.
    pub async fn start() -> Self {
        Self::start_with(ServerOptions::default()).await
    }

    /// Starts one and waits until it is ready.
    ///
    /// # Panics
    /// If it does not get ready.
    pub async fn start_with(options: ServerOptions) -> Self {
        let data = TempDir::with_prefix("restante-test-").expect("a directory");
        let mut server = Self { address: free_address(), data, options, process: None };
        server.launch().await;
        server
    }

    /// Starts it again on the same port and directory.
    ///
    /// # Panics
    /// If it runs already, or does not get ready.
    pub async fn start_again(&mut self) {
        assert!(self.process.is_none(), "the server runs already");
        self.launch().await;
    }

    /// Starts it again with other settings.
    ///
    /// # Panics
    /// As [`Server::start_again`].
    pub async fn start_again_with(&mut self, options: ServerOptions) {
        self.options = options;
        self.start_again().await;
    }

    /// Kills it without a warning.
    ///
    /// # Panics
    /// If it does not run.
    pub fn kill(&mut self) {
        self.process.take().expect("the server runs").kill();
    }

    /// Asks it to end.
    ///
    /// # Panics
    /// If it does not run.
    pub fn terminate(&self) {
        self.process.as_ref().expect("the server runs").signal(Signal::SIGTERM);
    }

    /// Waits until it has ended and says with which exit code; `None` if a signal ended it.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn ended(&mut self) -> Option<i32> {
        let mut process = self.process.take().expect("the server runs");
        let deadline = Instant::now() + ENDED_WITHIN;
        loop {
            if let Some(status) = process.try_wait() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "the server does not end:\n{}", self.log());
            sleep(LOOK_EVERY).await;
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The directory of its store.
    pub fn data(&self) -> PathBuf {
        self.data.path().join("data")
    }

    /// What it has written to its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| process.try_wait().is_none())
    }

    fn log_file(&self) -> PathBuf {
        self.data.path().join("log")
    }

    async fn launch(&mut self) {
        let process = Process::start(self.address, &self.data(), &self.log_file(), &self.options);
        self.process = Some(process);
        let deadline = Instant::now() + READY_WITHIN;
        while !self.is_ready().await {
            assert!(self.is_running(), "the server has ended:\n{}", self.log());
            assert!(Instant::now() < deadline, "the server does not get ready:\n{}", self.log());
            sleep(LOOK_EVERY).await;
        }
    }

    async fn is_ready(&self) -> bool {
        let answer = reqwest::get(format!("{}/health/ready", self.url())).await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.take());
        if std::thread::panicking() {
            process::show(&self.log());
        }
    }
}

/// A port that was free a moment ago.
fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address")
}

/// Where `cargo build -p app` leaves the binary, seen from a test's executable.
fn beside(test: &Path) -> Option<PathBuf> {
    let binary = test.parent()?.parent()?.join("restante");
    binary.exists().then_some(binary)
}
