//! The real binary: started, killed, started again.

mod fleet;
mod options;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use servers::{Child, free_port};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

pub use fleet::Fleet;
pub use options::{Role, ServerOptions};

/// `restante mediator`, or another part, on a port and a directory of its own. Killed when it is dropped; its log is shown when a test fails.
pub struct Server {
    address: SocketAddr,
    data: TempDir,
    options: ServerOptions,
    process: Option<Child>,
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
        let address = SocketAddr::new(options.host(), free_port());
        let mut server = Self { address, data, options, process: None };
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
        drop(self.process.take().expect("the server runs"));
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

    /// It stops answering; its connections stay open.
    ///
    /// # Panics
    /// If it does not run.
    pub fn pause(&self) {
        self.process.as_ref().expect("the server runs").pause();
    }

    /// It goes on answering.
    ///
    /// # Panics
    /// If it does not run.
    pub fn resume(&self) {
        self.process.as_ref().expect("the server runs").resume();
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
        let job = self.options.job(self.address, &self.data(), &self.log_file());
        self.process = Some(job.start());
        let deadline = Instant::now() + READY_WITHIN;
        while !self.is_ready().await {
            assert!(self.is_running(), "the server has ended:\n{}", self.log());
            assert!(Instant::now() < deadline, "the server does not get ready:\n{}", self.log());
            sleep(LOOK_EVERY).await;
        }
    }

    async fn is_ready(&self) -> bool {
        self.readiness().await.is_ok_and(|answer| answer.contains(" 200 "))
    }

    /// The first line of its answer.
    async fn readiness(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(READINESS).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer.lines().next().unwrap_or_default().to_owned())
    }
}

const READINESS: &[u8] =
    b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.take());
        if std::thread::panicking() {
            show(&self.log());
        }
    }
}

#[expect(clippy::print_stderr, reason = "the log of a server is shown when its test fails")]
fn show(log: &str) {
    eprintln!("--- the server's log\n{log}---");
}
