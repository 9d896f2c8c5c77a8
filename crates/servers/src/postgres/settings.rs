//! The settings that a server starts with.

use std::fmt::Write;

use super::Postgres;

impl Postgres {
    /// Writes what it reads when it starts.
    pub(super) fn configure(&self) {
        let data = self.data();
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            writeln!(text, "{name} = '{value}'").expect("a text takes every line");
        };
        line("listen_addresses", "127.0.0.1");
        line("port", &self.port.to_string());
        line("unix_socket_directories", &self.directory.path().display().to_string());
        line("shared_buffers", "32MB");
        // Files in the directory, which go with it, instead of such in memory, which stay when it is killed.
        line("dynamic_shared_memory_type", "mmap");
        self.spec.settings.iter().for_each(|(name, value)| line(name, value));
        std::fs::write(data.join("postgresql.conf"), text).expect("postgresql.conf is written");
        let method = if self.spec.asks_password { "scram-sha-256" } else { "trust" };
        let doors = ["local all all", "local replication all"].map(String::from);
        let hosts = ["all", "replication"].map(|what| format!("host {what} all 127.0.0.1/32"));
        let rules = doors.iter().chain(&hosts).map(|rule| format!("{rule} {method}\n"));
        std::fs::write(data.join("pg_hba.conf"), rules.collect::<String>())
            .expect("pg_hba.conf is written");
    }
}
