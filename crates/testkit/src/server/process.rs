use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::ServerOptions;

/// A running server. Killed when it is dropped.
pub(super) struct Process(Child);

/// Starts with files that must not grow; without the trap the kernel would end the process instead of refusing the write.
const WITH_FILE_LIMIT: &str = r#"trap "" XFSZ; ulimit -f "$0" && exec "$@""#;

impl Process {
    pub fn start(listen: SocketAddr, data: &Path, log: &Path, options: &ServerOptions) -> Self {
        let mut command = command(options.file_limit_kib);
        command.arg("mediator").arg("--listen").arg(listen.to_string()).arg("--data").arg(data);
        for setting in &options.set {
            command.arg("--set").arg(setting);
        }
        let log = File::options().create(true).append(true).open(log).expect("a log file");
        let both = log.try_clone().expect("a second handle");
        // Settings of whoever runs the tests are none of the test.
        command.env_clear().env("RESTANTE_LOG", "debug");
        let child = command.stdin(Stdio::null()).stdout(log).stderr(both).spawn();
        Self(child.expect("the server can be started"))
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.0.id()).expect("a process id");
        // A process that has ended needs no signal.
        let _ = kill(Pid::from_raw(pid), signal);
    }

    pub fn kill(mut self) {
        self.end();
    }

    pub fn try_wait(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("the process is ours")
    }

    fn end(&mut self) {
        // Both fail only if it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

fn command(file_limit_kib: Option<u64>) -> Command {
    let binary = binary();
    match file_limit_kib {
        None => Command::new(binary),
        Some(limit) => {
            let mut command = Command::new("bash");
            command.arg("-c").arg(WITH_FILE_LIMIT).arg(limit.to_string()).arg(binary);
            command
        }
    }
}

fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test has an executable");
    let binary = variable("RESTANTE_BIN").map(PathBuf::from).or_else(|| super::beside(&test));
    binary
        .expect("there is no binary to test: run `cargo build -p app`, or name one in RESTANTE_BIN")
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by their environment which binary to test"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[expect(clippy::print_stderr, reason = "the log of a server is shown when its test fails")]
pub(super) fn show(log: &str) {
    eprintln!("--- the server's log\n{log}---");
}
