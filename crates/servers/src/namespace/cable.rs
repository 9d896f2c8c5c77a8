//! A pair of virtual network devices.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::unistd::Pid;

use crate::process::program;

/// One end is here, the other in a namespace.
#[derive(Debug)]
pub(super) struct Cable {
    device: String,
    /// The network of the two: four addresses.
    network: u32,
}

impl Cable {
    /// Lays one into the namespace of this process, where the device is called `inside`.
    pub fn lay(into: Pid, inside: &str) -> Self {
        let cable = Self { device: name(inside), network: any_network() };
        let pid = into.to_string();
        ip(&["link", "add", &cable.device, "type", "veth", "peer", "name", inside, "netns", &pid]);
        ip(&["address", "add", &format!("{}/30", cable.outside()), "dev", &cable.device]);
        let there = |words: &[&str]| {
            let network = format!("--net=/proc/{pid}/ns/net");
            run(Command::new(program("nsenter")).arg(network).arg(program("ip")).args(words));
        };
        there(&["address", "add", &format!("{}/30", cable.inside()), "dev", inside]);
        for device in [inside, "lo"] {
            there(&["link", "set", device, "up"]);
        }
        cable.set("up");
        cable
    }

    pub fn outside(&self) -> IpAddr {
        Ipv4Addr::from_bits(self.network + 1).into()
    }

    pub fn inside(&self) -> IpAddr {
        Ipv4Addr::from_bits(self.network + 2).into()
    }

    /// Makes our end `up` or `down`. Its address stays, and whoever is on this machine reaches it all the same.
    pub fn set(&self, state: &str) {
        ip(&["link", "set", &self.device, state]);
    }
}

/// A name that no other device has; at most 15 letters.
pub(super) fn name(what: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{what}{}x{number}", std::process::id())
}

/// Somewhere in 10.0.0.0/8, where hardly anybody else is.
fn any_network() -> u32 {
    let chance = RandomState::new().build_hasher().finish() as u32;
    Ipv4Addr::new(10, 0, 0, 0).to_bits() + (chance & 0x00ff_fffc)
}

pub(super) fn ip(words: &[&str]) {
    run(Command::new(program("ip")).args(words));
}

fn run(command: &mut Command) {
    let output = command.output().expect("the command runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
}
