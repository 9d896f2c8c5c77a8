//! A PostgreSQL that follows another one, and may take its place.

use std::path::Path;

use tempfile::TempDir;

use super::{PgSpec, Postgres, TRIES};
use crate::Job;
use crate::process::{give_away, program};
use crate::wait::until;

/// What a standby calls itself: for `synchronous_standby_names`.
const NAME: &str = "standby";

impl PgSpec {
    /// One that does not say that something is committed before its standby has it on disk. Without one, nothing is committed.
    pub fn with_synchronous_standby() -> Self {
        Self::plain().with("synchronous_standby_names", NAME)
    }
}

impl Postgres {
    /// Copies `primary` while it runs (`pg_basebackup`), starts the copy, and waits until it follows.
    ///
    /// # Panics
    /// If it does not.
    pub async fn standby_of(primary: &Self) -> Self {
        let mut standby = None;
        for _ in 0..TRIES {
            let mut server = Self::prepare_standby(primary);
            if server.launch().await {
                standby = Some(server);
                break;
            }
        }
        let standby = standby.expect("a standby starts");
        primary.until_followed().await;
        standby
    }

    /// Waits until the standby of this server has what was committed so far.
    ///
    /// # Panics
    /// If that does not happen.
    pub async fn until_followed(&self) {
        let end = self.write_all().await;
        let follows = format!(
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND flush_lsn > '{end}'"
        );
        until("the standby follows", async || self.sql("postgres", &follows).await == "1").await;
    }

    /// Writes everything down that was committed so far, be it waited for or not, and returns where it begins to end.
    ///
    /// # Panics
    /// If the server refuses it.
    pub async fn write_all(&self) -> String {
        self.sql(
            "postgres",
            "SET synchronous_commit = local; SELECT pg_logical_emit_message(true, 'test', '')",
        )
        .await
    }

    /// Takes the place of the primary, which has to be gone, and waits until it takes writes.
    ///
    /// # Panics
    /// If it follows nobody.
    pub async fn promote(&self) {
        assert_eq!(self.sql("postgres", "SELECT pg_promote()").await, "t", "{}", self.log());
    }

    /// One URL for both: of several hosts, clients use the one that takes writes.
    pub fn url_with(&self, standby: &Self) -> String {
        let host = format!("127.0.0.1:{}", self.port);
        self.url().replace(&host, &format!("{host},127.0.0.1:{}", standby.port))
    }

    fn prepare_standby(primary: &Self) -> Self {
        let source = format!("host=127.0.0.1 port={} user=postgres", primary.port);
        let spec = PgSpec::plain()
            .with("primary_conninfo", &format!("{source} application_name={NAME}"))
            // It would sync a thousand files before it starts. No test takes its machine away.
            .with("fsync", "off");
        let server = Self::prepare_from(spec, |data| back_up(&source, data));
        std::fs::write(server.data().join("standby.signal"), "").expect("a sign is set");
        give_away(server.directory.path());
        server
    }
}

fn back_up(source: &str, data: &Path) {
    let workshop = TempDir::with_prefix("postgres-backup-").expect("a directory");
    give_away(workshop.path());
    let copy = workshop.path().join("data");
    let job = Job::new(program("pg_basebackup"), workshop.path().join("log")).without_rights();
    let job = job.args(["--checkpoint", "fast", "--no-sync", "--dbname", source, "--pgdata"]);
    let output = job.arg(&copy).command().output().expect("pg_basebackup runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::rename(&copy, data).expect("the copy moves");
}
