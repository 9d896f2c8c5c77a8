use std::process::ExitStatus;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::family;
use crate::wait::until;

/// A running program, and what it has started. Ended when it is dropped.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    last_signal: Signal,
}

impl Child {
    pub(super) fn new(process: std::process::Child, last_signal: Signal) -> Self {
        Self { process, last_signal }
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id()).expect("a process id"))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        family::signal(self.pid(), signal);
    }

    /// How it ended, if it has.
    ///
    /// # Panics
    /// If the system does not say.
    pub fn try_wait(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().expect("the process is ours")
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn ended(&mut self) -> ExitStatus {
        until("the program ends", async || self.try_wait().is_some()).await;
        self.process.wait().expect("it has ended")
    }

    /// Kills it and all it has started, and waits until they are gone.
    ///
    /// # Panics
    /// If one stays.
    pub async fn kill(mut self) {
        let family = family::descendants(self.pid());
        self.process.kill().expect("the process is ours");
        self.ended().await;
        family.iter().for_each(|pid| family::signal(*pid, Signal::SIGKILL));
        until("all are gone", async || family.iter().all(|pid| family::has_ended(*pid))).await;
    }

    /// Stops it and all it has started, until [`Child::resume`]: its connections stay open, and nobody answers.
    pub fn pause(&self) {
        // The parent first: it starts nobody any more.
        self.signal(Signal::SIGSTOP);
        self.signal_descendants(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal_descendants(Signal::SIGCONT);
        self.signal(Signal::SIGCONT);
    }

    fn signal_descendants(&self, signal: Signal) {
        family::descendants(self.pid()).into_iter().for_each(|pid| family::signal(pid, signal));
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.try_wait().is_some() {
            return;
        }
        self.signal(self.last_signal);
        // One that is paused hears no signal but SIGKILL.
        self.resume();
        let _ = self.process.wait();
    }
}
