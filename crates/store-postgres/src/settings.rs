//! What the server's settings promise.

use store::Result;

use crate::PostgresStore;
use crate::values::column;

/// The settings on which the promise "accepted means kept" rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `server_version`.
    pub version: String,
    /// `synchronous_commit`, as our user has it.
    pub synchronous_commit: String,
    /// `fsync`.
    pub fsync: bool,
    /// `full_page_writes`.
    pub full_page_writes: bool,
    /// `synchronous_standby_names`.
    pub synchronous_standby_names: String,
    /// Whether our connections are encrypted.
    pub encrypted: bool,
    /// Whether the server is on this machine.
    pub local: bool,
}

/// What that means for mail that was accepted, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// `fsync` or `full_page_writes` is off: a crash of the machine may damage everything.
    Nothing,
    /// `synchronous_commit` is off: a crash of the server loses the mail of about its last second.
    AllButTheLastMoment,
    /// It survives any crash of the server that leaves its disk; a failover to a standby may lose the latest mail.
    WhileTheDiskLasts,
    /// It is on the disks of standbys too before it counts as accepted, and survives a failover.
    OnStandbysToo,
}

impl Settings {
    /// The promise that holds.
    pub fn promise(&self) -> Promise {
        let is_replicated = !self.synchronous_standby_names.trim().is_empty();
        match self.synchronous_commit.as_str() {
            _ if !self.fsync || !self.full_page_writes => Promise::Nothing,
            "off" => Promise::AllButTheLastMoment,
            "on" | "remote_apply" if is_replicated => Promise::OnStandbysToo,
            _ => Promise::WhileTheDiskLasts,
        }
    }
}

const SETTINGS: &str = "select current_setting('server_version') as version, \
    current_setting('synchronous_commit') as synchronous_commit, \
    current_setting('fsync')::bool as fsync, current_setting('full_page_writes')::bool as full_page_writes, \
    current_setting('synchronous_standby_names') as synchronous_standby_names, \
    coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as encrypted, \
    coalesce(inet_client_addr() = inet_server_addr(), true) as local";

impl PostgresStore {
    /// Reads the settings, for the check at the start.
    ///
    /// # Errors
    /// If the server is away.
    pub async fn settings(&self) -> Result<Settings> {
        let row = self.engine.pool.row(SETTINGS, &[]).await?;
        Ok(Settings {
            version: column(&row, "version")?,
            synchronous_commit: column(&row, "synchronous_commit")?,
            fsync: column(&row, "fsync")?,
            full_page_writes: column(&row, "full_page_writes")?,
            synchronous_standby_names: column(&row, "synchronous_standby_names")?,
            encrypted: column(&row, "encrypted")?,
            local: column(&row, "local")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(synchronous_commit: &str, standbys: &str) -> Settings {
        Settings {
            version: "15.1".to_owned(),
            synchronous_commit: synchronous_commit.to_owned(),
            fsync: true,
            full_page_writes: true,
            synchronous_standby_names: standbys.to_owned(),
            encrypted: false,
            local: true,
        }
    }

    #[test]
    fn each_row_of_the_table_is_told_from_the_others() {
        assert_eq!(settings("on", "").promise(), Promise::WhileTheDiskLasts);
        assert_eq!(settings("on", "ANY 1 (*)").promise(), Promise::OnStandbysToo);
        assert_eq!(settings("remote_apply", "a").promise(), Promise::OnStandbysToo);
        // Written there, but not on its disk.
        assert_eq!(settings("remote_write", "a").promise(), Promise::WhileTheDiskLasts);
        assert_eq!(settings("local", "a").promise(), Promise::WhileTheDiskLasts);
        assert_eq!(settings("off", "a").promise(), Promise::AllButTheLastMoment);
        let unsafe_disk = Settings { fsync: false, ..settings("on", "a") };
        assert_eq!(unsafe_disk.promise(), Promise::Nothing);
    }
}
