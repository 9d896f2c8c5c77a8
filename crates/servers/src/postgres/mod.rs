//! One PostgreSQL.

mod disk;
mod parts;
mod settings;
mod standby;
mod sweep;
mod template;
mod tls;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio::time::{Duration, Instant, sleep};

use crate::process::{give_away, program};
use crate::wait::PATIENCE;
use crate::{Child, Job, free_port};

/// How to start a PostgreSQL.
#[derive(Debug, Clone, Default)]
pub struct PgSpec {
    settings: Vec<(String, String)>,
    asks_password: bool,
}

impl PgSpec {
    /// One with PostgreSQL's own defaults but little memory (`shared_buffers` of 32 MB), which lets everybody in.
    pub fn plain() -> Self {
        Self::default()
    }

    /// One that asks for a password (SCRAM-SHA-256).
    pub fn with_password() -> Self {
        Self { settings: Vec::new(), asks_password: true }
    }

    /// With a setting of `postgresql.conf`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A `postgres` on a port, a Unix socket and in a directory of its own, run by a user without rights. Ended when it is dropped.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    directory: TempDir,
    spec: PgSpec,
    child: Option<Child>,
    databases: AtomicU32,
}

static SHARED: OnceCell<Postgres> = OnceCell::const_new();

/// A port may be taken by another test between the look and the start.
const TRIES: usize = 5;

impl Postgres {
    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(spec: PgSpec) -> Self {
        for _ in 1..TRIES {
            let mut server = Self::prepare(spec.clone());
            if server.launch().await {
                return server;
            }
        }
        let mut server = Self::prepare(spec);
        server.restart().await;
        server
    }

    /// The server that all tests of this process share; each asks it for a [`Postgres::database`] of its own.
    pub async fn shared() -> &'static Self {
        SHARED.get_or_init(|| Self::start(PgSpec::plain())).await
    }

    /// The URL of the database that is always there.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The URL of the database with this name.
    pub fn url_of(&self, database: &str) -> String {
        let secret = if self.spec.asks_password {
            format!(":{}", template::PASSWORD)
        } else {
            String::new()
        };
        format!("postgres://postgres{secret}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database, and returns its URL.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}")).await;
        self.url_of(&name)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The directory of its Unix socket.
    pub fn socket_directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it has written to its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Says something as superuser, and returns the values that come back, a row a line, with `|` between columns.
    ///
    /// # Panics
    /// If the server refuses it.
    pub async fn sql(&self, database: &str, text: &str) -> String {
        let mut command = Command::new(program("psql"));
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
        command.args(["--set", "ON_ERROR_STOP=1", "--command", text, &self.url_of(database)]);
        let output = command.kill_on_drop(true).output().await.expect("psql runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}: {errors}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Kills it and all its processes without a warning.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn kill(&mut self) {
        self.child.take().expect("postgres runs").kill().await;
    }

    /// Asks it to end, and waits until it has. It cuts all connections first.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn stop(&mut self) {
        let mut child = self.child.take().expect("postgres runs");
        child.signal(Signal::SIGINT);
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
        assert!(self.launch().await, "postgres does not start:\n{}", self.log());
    }

    /// It and all its processes stop answering; its connections stay open.
    ///
    /// # Panics
    /// If it does not run.
    pub fn pause(&self) {
        self.child.as_ref().expect("postgres runs").pause();
    }

    /// It goes on answering.
    ///
    /// # Panics
    /// If it does not run.
    pub fn resume(&self) {
        self.child.as_ref().expect("postgres runs").resume();
    }

    fn prepare(spec: PgSpec) -> Self {
        Self::prepare_from(spec, template::copy_to)
    }

    /// One that does not run yet, with the data that `fill` puts there.
    fn prepare_from(spec: PgSpec, fill: impl FnOnce(&Path)) -> Self {
        let directory = sweep::directory();
        fill(&directory.path().join("data"));
        let server =
            Self { port: free_port(), directory, spec, child: None, databases: AtomicU32::new(0) };
        server.configure();
        give_away(server.directory.path());
        server
    }

    /// Starts it; false if it ends at once.
    async fn launch(&mut self) -> bool {
        let job = Job::new(program("postgres"), self.log_file()).without_rights();
        // An immediate shutdown: without one, shared memory would stay behind.
        self.child = Some(job.ended_by(Signal::SIGQUIT).arg("-D").arg(self.data()).start());
        let deadline = Instant::now() + PATIENCE;
        while !self.answers().await {
            if self.child.as_mut().is_none_or(|child| child.try_wait().is_some()) {
                self.child = None;
                return false;
            }
            assert!(Instant::now() < deadline, "postgres does not answer:\n{}", self.log());
            sleep(Duration::from_millis(10)).await;
        }
        true
    }

    async fn answers(&self) -> bool {
        let mut command = Command::new(program("pg_isready"));
        command.args(["--quiet", "--host", "127.0.0.1", "--port", &self.port.to_string()]);
        command.kill_on_drop(true).status().await.expect("pg_isready runs").success()
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join("log")
    }
}
