//! One Redis.

mod append_only;
mod certificates;
mod spec;

use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::Instant;

use crate::process::program;
use crate::wait::{PATIENCE, until};
use crate::{Child, Job, free_port};

pub use certificates::Certificates;
pub use spec::{Access, RedisSpec};

/// A `redis-server` on a port and in a directory of its own. Killed when it is dropped.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    directory: TempDir,
    spec: RedisSpec,
    access: Option<Access>,
    child: Option<Child>,
}

/// A port may be taken by another test between the look and the start.
const TRIES: usize = 5;

impl RedisServer {
    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(spec: RedisSpec) -> Self {
        for _ in 1..TRIES {
            let mut server = Self::prepare(spec.clone(), free_port());
            if server.launch().await {
                return server;
            }
        }
        let mut server = Self::prepare(spec, free_port());
        server.restart().await;
        server
    }

    /// One that does not run yet.
    pub(crate) fn prepare(spec: RedisSpec, port: u16) -> Self {
        let directory = TempDir::with_prefix("redis-").expect("a directory");
        let access = spec.is_guarded().then(|| Access::make(directory.path()));
        Self { port, directory, spec, access, child: None }
    }

    /// Its URL, without credentials: `redis://127.0.0.1:<port>`, or `rediss://…` with TLS.
    pub fn url(&self) -> String {
        let scheme = if self.access.is_some() { "rediss" } else { "redis" };
        format!("{scheme}://{}:{}", self.host(), self.port)
    }

    /// Its address, without the port.
    pub(crate) fn host(&self) -> String {
        self.spec.host().to_string()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What a client of [`RedisSpec::tls_with_acl`] has to show; `None` if everybody may come.
    pub fn access(&self) -> Option<&Access> {
        self.access.as_ref()
    }

    /// The directory of its files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it has written to its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Kills it without a warning.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn kill(&mut self) {
        self.child.take().expect("redis-server runs").kill().await;
    }

    /// Asks it to end, so that it writes what its settings say, and waits until it has.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn stop(&mut self) {
        let mut child = self.child.take().expect("redis-server runs");
        child.signal(Signal::SIGTERM);
        child.ended().await;
    }

    /// Stops it, if it runs, and starts it on the same port and directory.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn restart(&mut self) {
        if self.child.is_some() {
            self.stop().await;
        }
        assert!(self.launch().await, "redis-server does not start:\n{}", self.log());
    }

    /// The same with other settings; mail and keys stay as far as the settings say so.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn restart_with(&mut self, name: &str, value: &str) {
        self.spec = self.spec.clone().with(name, value);
        self.restart().await;
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// It stops answering; its connections stay open.
    ///
    /// # Panics
    /// If it does not run.
    pub fn pause(&self) {
        self.child.as_ref().expect("redis-server runs").pause();
    }

    /// It goes on answering.
    ///
    /// # Panics
    /// If it does not run.
    pub fn resume(&self) {
        self.child.as_ref().expect("redis-server runs").resume();
    }

    /// Says something with `redis-cli`, and returns what it printed: raw values, or the words of an error.
    ///
    /// # Panics
    /// If there is no `redis-cli`.
    pub async fn cli(&self, words: &[&str]) -> String {
        let mut command = Command::new(program("redis-cli"));
        command.args(["-h", &self.host(), "-p", &self.port.to_string()]);
        if let Some(access) = &self.access {
            command.args(access.cli_arguments());
        }
        let output = command.args(words).kill_on_drop(true).output().await.expect("redis-cli runs");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Starts it; false if it ends at once.
    pub(crate) async fn launch(&mut self) -> bool {
        self.launch_unanswered();
        let deadline = Instant::now() + PATIENCE;
        while self.cli(&["PING"]).await != "PONG" {
            if self.has_ended() {
                self.child = None;
                return false;
            }
            assert!(Instant::now() < deadline, "redis-server does not answer:\n{}", self.log());
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        true
    }

    /// Starts it, and does not wait for an answer.
    pub(crate) fn launch_unanswered(&mut self) {
        let configuration = self.directory.path().join("redis.conf");
        let text = self.spec.configuration(self.port, self.directory.path(), self.access.as_ref());
        std::fs::write(&configuration, text).expect("redis.conf is written");
        let job = Job::new(program("redis-server"), self.log_file()).arg(configuration);
        self.child = Some(job.start());
    }

    /// Waits until `INFO` says this, for example `loading:0`.
    ///
    /// # Panics
    /// If it never does.
    pub async fn until_info(&self, line: &str) {
        let says = async || self.cli(&["INFO"]).await.lines().any(|said| said.trim() == line);
        until(line, says).await;
    }

    fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().is_some())
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join("log")
    }
}
