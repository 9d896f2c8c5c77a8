//! Which server has which partition.

use redis::Value;

use crate::names::{Names, PARTITIONS};
use crate::slots::slot_of;

/// Host and port of a server.
pub(crate) type Node = (String, u16);

/// The primary of each partition, from an answer to `CLUSTER SLOTS` that `asked` gave. `None` where no primary is known.
pub(crate) fn places(answer: &Value, asked: &Node, names: &Names) -> Vec<Option<Node>> {
    let ranges: Vec<_> = match answer {
        Value::Array(ranges) => ranges.iter().filter_map(|range| read(range, asked)).collect(),
        _ => Vec::new(),
    };
    let place = |partition| {
        let slot = slot_of(&names.of_partition(partition, ""));
        let range = ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&slot));
        range.map(|(_, _, node)| node.clone())
    };
    (0..PARTITIONS).map(place).collect()
}

fn read(range: &Value, asked: &Node) -> Option<(usize, usize, Node)> {
    let Value::Array(parts) = range else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(primary), ..] = parts.as_slice() else {
        return None;
    };
    let (host, port) = (primary.first()?, primary.get(1)?);
    let Value::Int(port) = port else { return None };
    // A node that does not know its own name is reached where it was asked.
    let host = match host {
        Value::BulkString(name) if !name.is_empty() => String::from_utf8_lossy(name).into_owned(),
        Value::SimpleString(name) if !name.is_empty() => name.clone(),
        _ => asked.0.clone(),
    };
    let slot = |number: &i64| usize::try_from(*number).ok();
    Some((slot(first)?, slot(last)?, (host, u16::try_from(*port).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: i64, last: i64, host: &str, port: i64) -> Value {
        let node = Value::Array(vec![Value::BulkString(host.into()), Value::Int(port)]);
        Value::Array(vec![Value::Int(first), Value::Int(last), node])
    }

    #[test]
    fn every_partition_is_where_its_slot_is() {
        let answer = Value::Array(vec![range(0, 8_191, "a", 1), range(8_192, 12_287, "", 2)]);
        let asked = ("seed".to_owned(), 9);
        let places = places(&answer, &asked, &Names::new("p").unwrap());
        let count = |node: Option<(&str, u16)>| {
            let node = node.map(|(host, port)| (host.to_owned(), port));
            places.iter().filter(|place| **place == node).count()
        };
        assert_eq!([count(Some(("a", 1))), count(Some(("seed", 2))), count(None)], [128, 64, 64]);
    }
}
