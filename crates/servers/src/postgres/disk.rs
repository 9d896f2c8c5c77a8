//! What a machine that loses power leaves of a PostgreSQL.

use std::fs;
use std::path::{Path, PathBuf};

use super::Postgres;
use super::template::copy;

/// What was on the disk at some moment.
#[derive(Debug)]
pub struct Disk(PathBuf);

impl Postgres {
    /// What its files hold at this moment: to be what the disk has of them, if nobody asks for it to be synced later.
    ///
    /// # Panics
    /// If it does not run.
    pub fn disk(&self) -> Disk {
        let disk = self.directory.path().join("disk");
        // Nobody writes meanwhile: a copy of files that change would be of no moment at all.
        self.pause();
        copy(&self.data(), &disk);
        self.resume();
        Disk(disk)
    }

    /// Gives it the files that the disk had.
    ///
    /// # Panics
    /// If it runs.
    pub fn wakes_with(&self, Disk(disk): Disk) {
        assert!(self.child.is_none(), "a server that runs would write on");
        let data = self.data();
        for old in entries(&data) {
            let gone = if old.is_dir() { fs::remove_dir_all(&old) } else { fs::remove_file(&old) };
            gone.expect("its files go");
        }
        for kept in entries(&disk) {
            let name = kept.file_name().expect("a name");
            fs::rename(&kept, data.join(name)).expect("those of the disk take their place");
        }
    }
}

/// What is in a directory, but for what says which process was there and which memory it had: the next one gives that back.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("a file"));
    entries.map(|entry| entry.path()).filter(|path| !path.ends_with("postmaster.pid")).collect()
}
