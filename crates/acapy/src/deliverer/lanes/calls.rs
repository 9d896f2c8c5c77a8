//! The scripts, called.

use std::sync::LazyLock;
use std::time::Duration;

use redis::Value;
use store::Result;
use store_redis::{Call, Script};

use super::answers::{self, Claim, Going, Peeked};
use super::{From, Lanes};
use crate::deliverer::trade::Place;

/// `script!(NAME, "file.lua")` is a static of that name, with what all scripts share before it.
macro_rules! script {
    ($name:ident, $file:literal) => {
        pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(
                stringify!($name),
                concat!(
                    "#!lua flags=allow-oom\n",
                    include_str!("../scripts/lanes.lua"),
                    include_str!(concat!("../scripts/", $file))
                ),
            )
        });
    };
}

script!(CLAIM, "claim.lua");
script!(FINISH, "finish.lua");
script!(BURY, "bury.lua");
script!(DEFER, "defer.lua");
script!(MARK, "mark.lua");
script!(RENEW, "renew.lua");
script!(PEEK_LIST, "peek_list.lua");
script!(PEEK_STREAM, "peek_stream.lua");
script!(SORT_LIST, "sort_list.lua");
script!(SORT_STREAM, "sort_stream.lua");
script!(DEAD_LIST, "dead_list.lua");
script!(DEAD_REPLAY, "dead_replay.lua");

/// What is read of one lane at a time.
const ENTRIES: usize = 16;
const BYTES: usize = 256 * 1024;

/// What is moved at a time, and how long that may take before somebody else may try.
const PEEK_ENTRIES: usize = 128;
const PEEK_BYTES: usize = 4 * 1024 * 1024;
const SORTING: Duration = Duration::from_secs(2);

impl Lanes {
    /// Leases up to `most` lanes whose time has come, each with the first of its entries.
    pub async fn claim(&self, token: &str, lease: Duration, most: usize) -> Result<Claim> {
        let call = self.on(&CLAIM).arg(token).arg(millis(lease)).arg(most);
        answers::claim(self.call(call.arg(ENTRIES).arg(BYTES)).await?)
    }

    /// Forgets the entry `id`, if one is named, and keeps the lane for another `lease`. Reads on if `more`, and gives the lane
    /// back if there is nothing to read.
    pub async fn finish(
        &self,
        (lane, token): (&str, &str),
        lease: Duration,
        id: Option<&str>,
        more: bool,
    ) -> Result<Going> {
        let call = self.on(&FINISH).arg(lane).arg(token).arg(millis(lease));
        let call = call.arg(if more { ENTRIES } else { 0 }).arg(BYTES).arg(id.unwrap_or_default());
        answers::going(self.call::<Value>(call).await?)
    }

    /// Puts the entry `id` among the dead. False if the lane is no longer the token's.
    pub async fn bury(
        &self,
        (lane, token): (&str, &str),
        id: &str,
        (endpoint, attempts, reason): (&str, u32, &str),
    ) -> Result<bool> {
        let call = self.on(&BURY).arg(lane).arg(token).arg(id).arg(self.limits.dead_letters);
        self.call(call.arg(endpoint).arg(attempts).arg(reason)).await
    }

    /// Gives the lane back until `wait` is over, and notes how often its head has failed.
    pub async fn defer(
        &self,
        (lane, token): (&str, &str),
        wait: Duration,
        head: Option<(&str, u32)>,
    ) -> Result<bool> {
        let (id, failures) = head.unwrap_or_default();
        let call = self.on(&DEFER).arg(lane).arg(token).arg(millis(wait));
        self.call(call.arg(id).arg(failures)).await
    }

    /// Notes how often the entry `id` has failed while it is being tried.
    pub async fn mark(&self, (lane, token): (&str, &str), id: &str, failures: u32) -> Result<bool> {
        self.call(self.on(&MARK).arg(lane).arg(token).arg(id).arg(failures)).await
    }

    /// Keeps these lanes, each with its token, for another `lease`. Answers those that are no longer the token's.
    pub async fn renew(&self, held: &[(String, String)], lease: Duration) -> Result<Vec<String>> {
        let call = self.on(&RENEW).arg(millis(lease));
        let call = held.iter().fold(call, |call, (lane, token)| call.arg(lane).arg(token));
        self.call(call).await
    }

    /// The first entries, for whoever has now the right to move them; none if somebody else has.
    pub async fn peek(&self, from: From, token: &str) -> Result<Vec<Peeked>> {
        let script = if from == From::List { &PEEK_LIST } else { &PEEK_STREAM };
        let call = self.on(script).arg(token).arg(millis(SORTING)).arg(PEEK_ENTRIES);
        let call = call.arg(PEEK_BYTES).arg(self.limits.entry_bytes).arg(self.source.field);
        answers::peeked(self.call(call).await?)
    }

    /// Moves what was peeked to its place: a lane, or the dead with a reason. Answers how many were moved.
    pub async fn sort(
        &self,
        from: From,
        token: &str,
        places: &[(Vec<u8>, std::result::Result<Place, String>)],
    ) -> Result<usize> {
        let script = if from == From::List { &SORT_LIST } else { &SORT_STREAM };
        let call = self.on(script).arg(token).arg(self.limits.dead_letters);
        let call = call.arg(self.limits.lane_entries).arg(self.source.field);
        self.call(places.iter().fold(call, |call, (handle, place)| {
            let (lane, endpoint, reason) = match place {
                Ok(place) => (place.lane.as_str(), place.endpoint.as_str(), ""),
                Err(reason) => ("", "", reason.as_str()),
            };
            call.arg(handle).arg(lane).arg(endpoint).arg(reason)
        }))
        .await
    }

    pub(super) fn on(&self, script: &'static LazyLock<Script>) -> Call {
        script.on(&self.keys)
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
