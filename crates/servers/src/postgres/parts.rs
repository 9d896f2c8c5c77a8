//! The processes that a PostgreSQL is made of.

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::Postgres;
use crate::process::signal;

impl Postgres {
    /// Stops those of its processes that do this (`backend_type` of `pg_stat_activity`), until [`Postgres::resume`] or the end:
    /// without `walsender`, nothing leaves for a standby; without `walwriter`, nobody writes down what nobody waits for.
    ///
    /// # Panics
    /// If there is none.
    pub async fn pause_part(&self, what: &str) {
        let query = format!("SELECT pid FROM pg_stat_activity WHERE backend_type = '{what}'");
        let pids = self.sql("postgres", &query).await;
        assert!(!pids.is_empty(), "there is no {what}");
        let pids = pids.lines().map(|pid| pid.parse().expect("a process id"));
        pids.for_each(|pid| signal(Pid::from_raw(pid), Signal::SIGSTOP));
    }
}
