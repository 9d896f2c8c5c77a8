//! Programs that end when the test does.

mod child;
mod family;
mod nursery;
mod programs;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use nix::unistd::{User, geteuid};

use crate::Namespace;

pub use child::Child;
pub(crate) use family::signal;
pub use programs::libfaketime;
pub(crate) use programs::program;

/// What to start, and how.
///
/// It inherits nothing of the test's environment but `PATH`: settings of whoever runs the tests are none of the test.
#[derive(Debug, Clone)]
pub struct Job {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(String, String)>,
    log: PathBuf,
    user: Option<User>,
    network: Option<PathBuf>,
    last_signal: Signal,
}

impl Job {
    /// A program that writes both its outputs to the end of the file `log`.
    pub fn new(program: impl Into<PathBuf>, log: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            log: log.into(),
            user: None,
            network: None,
            last_signal: Signal::SIGKILL,
        }
    }

    /// With one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// With these arguments too.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// With this environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As a user without rights, if we are root; else as ourselves.
    #[must_use]
    pub fn without_rights(mut self) -> Self {
        self.user = nobody();
        self
    }

    /// In this network, instead of ours.
    #[must_use]
    pub fn inside(mut self, namespace: &Namespace) -> Self {
        self.network = Some(namespace.network());
        self
    }

    /// Ended by this signal, instead of SIGKILL, when its value is dropped or the test dies.
    #[must_use]
    pub fn ended_by(mut self, signal: Signal) -> Self {
        self.last_signal = signal;
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(&self) -> Child {
        let log = File::options().create(true).append(true).open(&self.log).expect("a log file");
        let errors = log.try_clone().expect("a second handle");
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        let child = nursery::spawn(command).unwrap_or_else(|error| {
            panic!("{} cannot be started: {error}", self.program.display())
        });
        Child::new(child, self.last_signal)
    }

    /// The command, behind `setpriv`, which makes the kernel end it with its parent and changes its user.
    pub(crate) fn command(&self) -> Command {
        let mut command = match &self.network {
            None => Command::new(program("setpriv")),
            Some(network) => entering(network, &program("setpriv")),
        };
        command.env_clear().env("PATH", programs::search_path()).env("LC_ALL", "C");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.arg("--pdeathsig").arg(self.last_signal.as_str().trim_start_matches("SIG"));
        if let Some(user) = &self.user {
            let (uid, gid) = (user.uid.to_string(), user.gid.to_string());
            command.args(["--reuid", &uid, "--regid", &gid, "--clear-groups"]);
        }
        command.arg("--").arg(&self.program).args(&self.arguments);
        command
    }
}

/// A command in another network.
fn entering(network: &Path, program_there: &Path) -> Command {
    let mut command = Command::new(program("nsenter"));
    command.arg(format!("--net={}", network.display())).arg("--").arg(program_there);
    command
}

/// Who may own the files of a [`Job::without_rights`]; `None` if that is us.
pub(crate) fn nobody() -> Option<User> {
    let named = |name| User::from_name(name).ok().flatten();
    geteuid().is_root().then(|| named("postgres").or_else(|| named("nobody"))).flatten()
}

/// Gives a directory, and what is in it, to the user of [`Job::without_rights`].
///
/// # Panics
/// If that fails.
pub(crate) fn give_away(directory: &Path) {
    let Some(user) = nobody() else { return };
    let owner = format!("{}:{}", user.uid, user.gid);
    let mut chown = Command::new(program("chown"));
    let status = chown.arg("-R").arg(owner).arg(directory).status().expect("chown runs");
    assert!(status.success(), "{} cannot be given away", directory.display());
}
