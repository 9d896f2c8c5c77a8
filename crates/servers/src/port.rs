use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::TcpListener;

/// Below what systems use for outgoing connections, so that nobody takes the port of a server that is down for a moment.
const RANGE: std::ops::Range<u64> = 10_000..32_000;

const TRIES: usize = 1_000;

/// A port of 127.0.0.1 that nobody listened on a moment ago, and that no outgoing connection gets.
///
/// # Panics
/// If there seems to be none.
pub fn free_port() -> u16 {
    (0..TRIES).map(|_| any_port()).find(|port| is_free(*port)).expect("a free port")
}

fn any_port() -> u16 {
    let chance = RandomState::new().build_hasher().finish();
    let port = RANGE.start + chance % (RANGE.end - RANGE.start);
    u16::try_from(port).expect("the range has ports only")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
