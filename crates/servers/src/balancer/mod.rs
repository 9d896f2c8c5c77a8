//! Load balancers.

mod text;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::process::program;
use crate::wait::until;
use crate::{Child, Job, free_port};

/// HAProxy or nginx, which gives each request and each socket to the next backend. Killed when it is dropped.
#[derive(Debug)]
pub struct Balancer {
    address: SocketAddr,
    directory: TempDir,
    job: Job,
    child: Child,
}

impl Balancer {
    /// An HAProxy before these; a backend whose `/health/ready` says no gets nothing new.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn haproxy(backends: &[SocketAddr]) -> Self {
        Self::haproxy_with(|listen| text::haproxy(listen, backends)).await
    }

    /// An HAProxy with the configuration that is made for this address to listen on.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn haproxy_with(text: impl FnOnce(SocketAddr) -> String) -> Self {
        // In the foreground, one process.
        Self::start("haproxy", &["-db", "-f"], |listen, _| text(listen)).await
    }

    /// An nginx before these; a backend that does not answer gets nothing new for a second.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn nginx(backends: &[SocketAddr]) -> Self {
        Self::nginx_with(|listen| text::nginx_site(listen, backends)).await
    }

    /// An nginx with the site that is made for this address to listen on: what belongs in a file of `conf.d`.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn nginx_with(site: impl FnOnce(SocketAddr) -> String) -> Self {
        let alone = "daemon off; master_process off;";
        Self::start("nginx", &["-g", alone, "-e", "stderr", "-c"], |listen, directory| {
            text::nginx(directory, &site(listen))
        })
        .await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has written to its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        self.child.signal(signal);
    }

    /// Kills it without a warning, and starts it again after a while at the same address.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn is_away_for(&mut self, span: Duration) {
        self.child.signal(Signal::SIGKILL);
        self.child.ended().await;
        tokio::time::sleep(span).await;
        self.child = self.job.start();
        self.until_it_listens().await;
    }

    async fn start(
        name: &str,
        arguments: &[&str],
        text: impl FnOnce(SocketAddr, &Path) -> String,
    ) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let directory = TempDir::with_prefix(format!("{name}-")).expect("a directory");
        let configuration = directory.path().join("configuration");
        std::fs::write(&configuration, text(address, directory.path())).expect("a file is written");
        let job = Job::new(program(name), directory.path().join("log"));
        let job = job.args(arguments).arg(configuration);
        let child = job.start();
        let mut balancer = Self { address, directory, job, child };
        balancer.until_it_listens().await;
        balancer
    }

    async fn until_it_listens(&mut self) {
        until("the load balancer listens", async || {
            let end = self.child.try_wait();
            assert!(end.is_none(), "the load balancer has ended:\n{}", self.log());
            TcpStream::connect(self.address).await.is_ok()
        })
        .await;
    }
}
