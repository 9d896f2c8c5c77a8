//! Directories of servers that outlived their test: that of the shared one always does, and it is large.

use std::path::Path;

use tempfile::TempDir;

const PREFIX: &str = "restante-postgres-";

/// A fresh directory that carries our process id; those of processes that are gone are removed.
pub(super) fn directory() -> TempDir {
    let parent = std::env::temp_dir();
    let entries = std::fs::read_dir(&parent).into_iter().flatten().filter_map(Result::ok);
    for entry in entries.filter(|entry| is_left_behind(&entry.file_name().to_string_lossy())) {
        // Another test may be removing it, too.
        let _ = std::fs::remove_dir_all(entry.path());
    }
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let directory = TempDir::with_prefix_in(prefix, parent);
    directory.expect("a directory")
}

fn is_left_behind(name: &str) -> bool {
    let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
    owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists())
}
