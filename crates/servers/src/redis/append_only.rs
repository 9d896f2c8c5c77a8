//! What a Redis has written to its append-only file.

use std::fs::File;
use std::path::PathBuf;

use super::RedisServer;

/// Where it is, until it is rewritten for the first time.
const FILE: &str = "appendonlydir/appendonly.aof.1.incr.aof";

impl RedisServer {
    /// How long its append-only file is, in bytes.
    ///
    /// # Panics
    /// If it has none.
    pub fn append_only_length(&self) -> u64 {
        std::fs::metadata(self.append_only_file()).expect("an append-only file").len()
    }

    /// Cuts its append-only file off after so many bytes: what is left when the machine loses power before the rest is synced.
    ///
    /// # Panics
    /// If it runs, or has no such file.
    pub fn cut_append_only(&self, length: u64) {
        assert!(!self.is_running(), "a server that runs would write on");
        let file = File::options().write(true).open(self.append_only_file());
        file.and_then(|file| file.set_len(length)).expect("an append-only file");
    }

    fn append_only_file(&self) -> PathBuf {
        self.directory().join(FILE)
    }
}
