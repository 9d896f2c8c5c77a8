//! Who has which slots: the file that a node keeps about it, and the answer to `CLUSTER NODES`, which look the same.
//!
//! A line is `<id> <host>:<port>@<bus port> <flags> <primary> <ping sent> <pong received> <epoch> <link> <slots>…`.

use std::net::IpAddr;

use super::PRIMARIES;

const SLOTS: usize = 16_384;

/// The file of node `own`, from which it knows all others at its first start: half are primaries, half their replicas.
pub(super) fn plan(host: IpAddr, ports: &[(u16, u16)], own: usize) -> String {
    let lines = ports.iter().enumerate().map(|(place, (port, bus))| {
        let myself = if place == own { "myself," } else { "" };
        let (role, primary, slots) = role(place);
        let id = id(place);
        let epoch = place % PRIMARIES + 1;
        format!("{id} {host}:{port}@{bus} {myself}{role} {primary} 0 0 {epoch} connected{slots}\n")
    });
    let lines: String = lines.collect();
    format!("{lines}vars currentEpoch {PRIMARIES} lastVoteEpoch 0\n")
}

/// The role of the node at this place, its primary, and its slots with a space before them.
fn role(place: usize) -> (&'static str, String, String) {
    if place >= PRIMARIES {
        return ("slave", id(place - PRIMARIES), String::new());
    }
    let (first, end) = (place * SLOTS / PRIMARIES, (place + 1) * SLOTS / PRIMARIES);
    ("master", "-".to_owned(), format!(" {first}-{}", end - 1))
}

/// A node's id: 40 hexadecimal digits.
fn id(place: usize) -> String {
    format!("{:040x}", place + 1)
}

/// The port of the primary that has `slot`.
pub(super) fn owner(nodes: &str, slot: u16) -> Option<u16> {
    nodes.lines().find(|line| has(line, slot)).and_then(port)
}

/// The id of the node at this port.
pub(super) fn id_at(nodes: &str, wanted: u16) -> Option<&str> {
    let line = nodes.lines().find(|line| port(line) == Some(wanted))?;
    line.split(' ').next()
}

/// The port of a living replica of the primary at this port.
pub(super) fn replica_of(nodes: &str, primary: u16) -> Option<u16> {
    let id = id_at(nodes, primary)?;
    let follows = |line: &&str| {
        let fields: Vec<&str> = line.split(' ').collect();
        fields.get(3) == Some(&id) && fields.get(2).is_some_and(|flags| !flags.contains("fail"))
    };
    nodes.lines().find(follows).and_then(port)
}

/// The ports of all primaries that are not known to be dead.
pub(super) fn primaries(nodes: &str) -> Vec<u16> {
    let is_primary = |line: &&str| {
        let flags = line.split(' ').nth(2).unwrap_or_default();
        flags.contains("master") && !flags.contains("fail")
    };
    nodes.lines().filter(is_primary).filter_map(port).collect()
}

fn port(line: &str) -> Option<u16> {
    let address = line.split(' ').nth(1)?.split('@').next()?;
    address.rsplit(':').next()?.parse().ok()
}

fn has(line: &str, slot: u16) -> bool {
    let covers = |range: &str| match range.split_once('-') {
        Some((first, last)) => {
            first.parse().is_ok_and(|first: u16| first <= slot)
                && last.parse().is_ok_and(|last: u16| slot <= last)
        }
        None => range.parse() == Ok(slot),
    };
    line.split(' ').skip(8).any(covers)
}
