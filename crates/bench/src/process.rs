//! What processes cost, as Linux counts it.

use std::collections::BTreeSet;

/// The server's processes, each with whatever it starts, and this one.
#[derive(Debug, Clone)]
pub(crate) struct Watched(Vec<u32>);

/// What they have used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Used {
    /// CPU seconds of the server, in user and kernel mode.
    pub servers: f64,
    /// CPU seconds of this process.
    pub own: f64,
}

/// The kernel counts CPU time in these (`getconf CLK_TCK`; 100 on every Linux that is in use).
const TICKS_PER_SECOND: f64 = 100.0;

impl Watched {
    /// These processes.
    pub fn new(pids: &[u32]) -> Self {
        Self(pids.to_owned())
    }

    /// The first of them that is not there.
    pub fn missing(&self) -> Option<u32> {
        self.0.iter().copied().find(|pid| proc(&pid.to_string(), "stat").is_none())
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// CPU time until now.
    pub fn used(&self) -> Used {
        let pids = self.with_children();
        let servers = pids.iter().filter_map(|pid| Stat::of(&pid.to_string()));
        let servers = servers.map(|stat| stat.seconds).sum();
        Used { servers, own: Stat::of("self").map_or(0.0, |stat| stat.seconds) }
    }

    /// Resident memory of the server in MB (10^6 bytes). What processes share counts for each.
    pub fn resident(&self) -> f64 {
        let pids = self.with_children();
        pids.iter().filter_map(|pid| resident(&proc(&pid.to_string(), "status")?)).sum()
    }

    fn with_children(&self) -> BTreeSet<u32> {
        let mut family: BTreeSet<u32> = self.0.iter().copied().collect();
        if family.is_empty() {
            return family;
        }
        let everybody = everybody();
        loop {
            let before = family.len();
            let children = everybody.iter().filter(|(_, parent)| family.contains(parent));
            family.extend(children.map(|(pid, _)| *pid).collect::<Vec<_>>());
            if family.len() == before {
                return family;
            }
        }
    }
}

impl Used {
    /// What was used since `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self { servers: self.servers - earlier.servers, own: self.own - earlier.own }
    }
}

/// What `/proc/<pid>/stat` says (proc(5)).
#[derive(Debug, PartialEq)]
struct Stat {
    parent: u32,
    /// Its own time, and that of its children that have ended.
    seconds: f64,
}

impl Stat {
    fn of(pid: &str) -> Option<Self> {
        Self::read(&proc(pid, "stat")?)
    }

    fn read(stat: &str) -> Option<Self> {
        // The name, in parentheses, may hold blanks and parentheses; `ppid` is field 4, times are fields 14 to 17.
        let (_, after_name) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks: Option<f64> =
            fields.get(11..15)?.iter().map(|field| field.parse::<f64>().ok()).sum();
        Some(Self { parent: fields[1].parse().ok()?, seconds: ticks? / TICKS_PER_SECOND })
    }
}

fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

/// Every process with its parent.
fn everybody() -> Vec<(u32, u32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| Some((pid, Stat::of(&pid.to_string())?.parent))).collect()
}

fn proc(pid: &str, file: &str) -> Option<String> {
    std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name_is() {
        let stat = "7 (a) b (c) S 3 7 7 0 -1 4194304 100 0 0 0 150 50 20 30 20 0 1 0 9 1 1";
        assert_eq!(Stat::read(stat), Some(Stat { parent: 3, seconds: 2.5 }));
        assert_eq!(Stat::read("7 (cut off) S 3"), None);
        assert_eq!(resident("Name:\tx\nVmRSS:\t   1000 kB\n"), Some(1.024));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn children_count() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let me = Watched::new(&[std::process::id()]);
        assert!(me.with_children().contains(&child.id()));
        assert!(me.resident() > 1.0);
        assert_eq!(me.missing(), None);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(Watched::new(&[child.id()]).missing(), Some(child.id()));
    }
}
