//! The form in which things wait in queues: a line of JSON, and bytes behind it as they are.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A job of this line and these bytes.
pub(super) fn joined(line: &impl Serialize, body: &[u8]) -> Bytes {
    let mut job = serde_json::to_vec(line).unwrap_or_default();
    job.push(b'\n');
    job.extend_from_slice(body);
    job.into()
}

/// The reverse; `None` for what another version wrote.
pub(super) fn parted<T: DeserializeOwned>(job: &Bytes) -> Option<(T, Bytes)> {
    let end = job.iter().position(|byte| *byte == b'\n')?;
    Some((serde_json::from_slice(&job[..end]).ok()?, job.slice(end + 1..)))
}
