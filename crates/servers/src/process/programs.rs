//! Where programs are, and how to get those that are missing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Directories that are not on everybody's path.
const ALSO: [&str; 4] = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/sbin"];

/// Debian keeps PostgreSQL's programs apart, by version.
const POSTGRES: &str = "/usr/lib/postgresql";

/// Finds a program.
///
/// # Panics
/// If it is not installed; the message says how to install it.
pub(crate) fn program(name: &str) -> PathBuf {
    let found = std::env::split_paths(&search_path())
        .chain(postgres_directories())
        .map(|directory| directory.join(name))
        .find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing; install it with: {}", remedy(name)))
}

/// The path of whoever runs the tests, and where servers are on Debian.
pub(super) fn search_path() -> OsString {
    let own = variable("PATH").unwrap_or_default();
    let directories = std::env::split_paths(&own).chain(ALSO.iter().map(PathBuf::from));
    std::env::join_paths(directories).unwrap_or(own)
}

fn postgres_directories() -> impl Iterator<Item = PathBuf> {
    let versions = std::fs::read_dir(Path::new(POSTGRES)).into_iter().flatten();
    let mut versions: Vec<_> =
        versions.filter_map(Result::ok).map(|entry| entry.path().join("bin")).collect();
    versions.sort();
    versions.into_iter().rev()
}

/// The library that makes a program believe in another time: to be named in `LD_PRELOAD`.
///
/// # Panics
/// If it is not installed; the message says how to install it.
pub fn libfaketime() -> PathBuf {
    let places = std::fs::read_dir("/usr/lib").into_iter().flatten().filter_map(Result::ok);
    let library = |place: PathBuf| place.join("faketime/libfaketime.so.1");
    let found = places.map(|entry| library(entry.path())).find(|library| library.is_file());
    found.unwrap_or_else(|| {
        panic!("libfaketime is missing; install it with: {}", remedy("libfaketime"))
    })
}

fn remedy(name: &str) -> String {
    let package = match name {
        "redis-server" | "redis-cli" => "redis-server",
        "postgres" | "initdb" => "postgresql",
        "nginx" => "nginx-light",
        "setpriv" | "unshare" | "nsenter" => "util-linux",
        "ip" => "iproute2",
        "chown" | "cp" => "coreutils",
        other => other,
    };
    format!("sudo apt-get install --no-install-recommends {package}")
}

#[expect(clippy::disallowed_methods, reason = "programs are found on the path of whoever tests")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var(name).ok().map(OsString::from)
}
