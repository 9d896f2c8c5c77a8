//! A network of its own for a program.

mod cable;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::program;
use crate::wait::until;
use crate::{Child, Job};

use cable::Cable;

/// A network namespace with two cables to ours: a door for everybody, and a line that can be cut. Both are gone with it, and it is
/// gone with its value or with the test.
#[derive(Debug)]
pub struct Namespace {
    keeper: Child,
    door: Cable,
    line: Cable,
    _directory: TempDir,
}

impl Namespace {
    /// Opens one; `None` where we have no right to, which takes root, and more than many containers give to theirs.
    ///
    /// # Panics
    /// If it cannot be set up in spite of that.
    pub async fn open() -> Option<Self> {
        if !may_open() {
            return None;
        }
        let directory = TempDir::with_prefix("namespace-").expect("a directory");
        let job = Job::new(program("unshare"), directory.path().join("log"));
        let keeper = job.args(["--net", "--", "sleep", "infinity"]).start();
        let network = network_of(&keeper);
        until("the namespace opens", async || is_foreign(&network)).await;
        let (door, line) = (Cable::lay(keeper.pid(), "door"), Cable::lay(keeper.pid(), "line"));
        Some(Self { keeper, door, line, _directory: directory })
    }

    /// The address that programs in it listen on.
    pub fn inside(&self) -> IpAddr {
        self.door.inside()
    }

    /// The address of servers that are at the other end of the line. They and everybody else are outside.
    pub fn outside(&self) -> IpAddr {
        self.line.outside()
    }

    /// Cuts the line: nothing gets through, and nobody is told.
    pub fn cut(&self) {
        self.line.set("down");
    }

    /// Mends it.
    pub fn mend(&self) {
        self.line.set("up");
    }

    /// The file that stands for it.
    pub(crate) fn network(&self) -> PathBuf {
        network_of(&self.keeper)
    }
}

fn may_open() -> bool {
    // Only who may name links here may also lay cables.
    let trial = ["link", "add", &cable::name("try"), "type", "veth"];
    let may_unshare = Command::new(program("unshare")).args(["--net", "true"]).output();
    if !may_unshare.expect("unshare runs").status.success() {
        return false;
    }
    let may_add = Command::new(program("ip")).args(trial).output().expect("ip runs").status;
    if may_add.success() {
        cable::ip(&["link", "delete", trial[2]]);
    }
    may_add.success()
}

fn network_of(keeper: &Child) -> PathBuf {
    Path::new("/proc").join(keeper.pid().to_string()).join("ns/net")
}

/// Whether this is another network than ours.
fn is_foreign(network: &Path) -> bool {
    let ours = std::fs::read_link("/proc/self/ns/net").expect("we are in a network");
    std::fs::read_link(network).is_ok_and(|network| network != ours)
}
