//! How much waits.

use didcomm::Destination;
use redis::Value;
use store::{Depth, RecipientId, Result, Timestamp};

use super::parcel;
use crate::presence::number;
use crate::script::script;
use crate::shared::{Shared, senseless};

script!(DEPTH, "allow_oom.lua", "common.lua", "flight.lua", "depth.lua");

impl Shared {
    /// Of one key in several calls, if there is much to look through.
    pub(super) async fn depth(
        &self,
        owner: RecipientId,
        key: Option<&Destination>,
    ) -> Result<Depth> {
        let tag = key.map(parcel::tag).unwrap_or_default();
        let (mut depth, mut from) = self.depth_from(owner, &tag, &[]).await?;
        while !from.is_empty() {
            let (more, next) = self.depth_from(owner, &tag, &from).await?;
            depth = Depth {
                messages: depth.messages + more.messages,
                bytes: depth.bytes + more.bytes,
                oldest: depth.oldest.or(more.oldest),
                newest: more.newest.or(depth.newest),
            };
            from = next;
        }
        Ok(depth)
    }

    /// What there is from a place on, and where to go on.
    async fn depth_from(
        &self,
        owner: RecipientId,
        tag: &[u8],
        from: &[u8],
    ) -> Result<(Depth, Vec<u8>)> {
        let now = self.now();
        let call = |alive: &str, look: &str| {
            let call = DEPTH.on(&self.keys(owner, ["box", "mail", "flight"]));
            call.arg(now.0).arg(alive).arg(look).arg(tag).arg(from)
        };
        let answer = self.call_knowing(now, call).await?;
        let [Value::Int(1), messages, bytes, oldest, newest, Value::BulkString(next)] =
            answer.as_slice()
        else {
            return Err(senseless("to a count"));
        };
        let depth = Depth {
            messages: number(messages)?,
            bytes: number(bytes)?,
            oldest: when(oldest),
            newest: when(newest),
        };
        Ok((depth, next.clone()))
    }
}

/// When the message of this head was accepted, if there is one.
fn when(head: &Value) -> Option<Timestamp> {
    match head {
        Value::BulkString(head) => parcel::received(head),
        _ => None,
    }
}
