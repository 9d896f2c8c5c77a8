//! The data directory that all servers start from: `initdb` takes a second, a copy a tenth of one.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Job;
use crate::process::{give_away, program};

/// The superuser's password, where one is asked for.
pub(super) const PASSWORD: &str = "poste-restante";

/// Part of the template's name: to be raised when its making changes.
const EDITION: u32 = 1;

/// Copies the template.
pub(super) fn copy_to(data: &Path) {
    let template = place();
    if !template.exists() {
        make(&template);
    }
    copy(&template, data);
}

/// Beside what cargo has built, by version.
fn place() -> PathBuf {
    let test = std::env::current_exe().expect("a test has an executable");
    let version = output(Command::new(program("postgres")).arg("--version"));
    let version = version.split(' ').nth(2).expect("a version").trim().to_owned();
    // Cargo marks its folder so.
    let target = test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    let target = target.map_or_else(std::env::temp_dir, Path::to_owned);
    target.join(format!("postgres-{version}-template-{EDITION}"))
}

/// Makes it where everybody may go, and puts it in its place at once, so that nobody sees half of it.
fn make(place: &Path) {
    let workshop = TempDir::with_prefix("postgres-template-").expect("a directory");
    let data = workshop.path().join("data");
    initialise(&data, workshop.path());
    let draft = place.with_extension(std::process::id().to_string());
    copy(&data, &draft);
    if std::fs::rename(&draft, place).is_err() {
        // Another test was faster.
        let _ = std::fs::remove_dir_all(&draft);
    }
}

fn initialise(data: &Path, workshop: &Path) {
    let password = workshop.join("password");
    std::fs::write(&password, PASSWORD).expect("a file of ours is written");
    give_away(workshop);
    let job = Job::new(program("initdb"), workshop.join("log")).without_rights();
    let job = job.arg("--pgdata").arg(data).arg("--pwfile").arg(password);
    let job = job.args(["--username", "postgres", "--auth", "trust", "--no-sync"]);
    let job = job.args(["--encoding", "UTF8", "--locale", "C", "--wal-segsize", "1"]);
    output(&mut job.command());
}

/// Copies a directory and what is in it, owners and rights too.
pub(super) fn copy(from: &Path, to: &Path) {
    output(Command::new(program("cp")).arg("--archive").arg(from).arg(to));
}

/// What a command prints.
fn output(command: &mut Command) -> String {
    let output = command.output().expect("the command runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
