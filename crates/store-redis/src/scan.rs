//! All keys of all servers, looked through.

use std::collections::BTreeSet;

use redis::cmd;
use store::Result;

use crate::engine::Engine;
use crate::settings::{ask, open, primaries};

/// Keys that a server looks at in one step.
const STEP: usize = 1_000;

/// The names of keys that begin with `prefix`.
pub(crate) async fn names_that_begin_with(
    engine: &Engine,
    prefix: &str,
) -> Result<BTreeSet<String>> {
    let (pattern, mut names) = (format!("{}*", escaped(prefix)), BTreeSet::new());
    for node in primaries(engine).await? {
        let mut connection = open(engine, &node).await?;
        let mut cursor = 0_u64;
        loop {
            let mut step = cmd("SCAN");
            step.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(STEP);
            let (next, found): (u64, Vec<Vec<u8>>) = ask(&mut connection, &step).await?;
            names.extend(found.into_iter().filter_map(|name| String::from_utf8(name).ok()));
            if next == 0 {
                break;
            }
            cursor = next;
        }
    }
    Ok(names)
}

/// As a pattern that fits nothing but itself.
fn escaped(text: &str) -> String {
    let special = |character| matches!(character, '*' | '?' | '[' | ']' | '\\' | '^' | '-');
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_no_pattern() {
        assert_eq!(escaped("acapy_"), "acapy_");
        assert_eq!(escaped("a*[b]?"), r"a\*\[b\]\?");
    }
}
