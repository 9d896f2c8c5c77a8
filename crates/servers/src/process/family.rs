//! A process and those it has started.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Whose child it is, and whether it has ended.
struct Stat {
    parent: Pid,
    has_ended: bool,
}

/// All that `ancestor` has started and that still run, and what those have started.
pub(super) fn descendants(ancestor: Pid) -> Vec<Pid> {
    let running: Vec<(Pid, Pid)> = everybody().collect();
    let mut family = vec![ancestor];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        family.extend(running.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
        next += 1;
    }
    family.split_off(1)
}

/// Sends a signal; a process that has ended needs none.
pub(crate) fn signal(pid: Pid, signal: Signal) {
    match kill(pid, signal) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => panic!("{signal} cannot be sent to {pid}: {error}"),
    }
}

/// Whether this process has ended, be it buried or not.
pub(super) fn has_ended(pid: Pid) -> bool {
    stat(pid).is_none_or(|stat| stat.has_ended)
}

/// Everybody with a parent.
fn everybody() -> impl Iterator<Item = (Pid, Pid)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.map(Pid::from_raw).filter_map(|pid| Some((pid, stat(pid)?.parent)))
}

/// From `/proc/<pid>/stat`: `pid (name) state ppid …`, where the name may contain anything.
fn stat(pid: Pid) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let has_ended = matches!(fields.next()?, "Z" | "X");
    Some(Stat { parent: Pid::from_raw(fields.next()?.parse().ok()?), has_ended })
}
