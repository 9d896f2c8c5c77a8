//! The time that processes under test go by.

use std::time::{SystemTime, UNIX_EPOCH};

use store::Timestamp;

#[expect(clippy::disallowed_methods, reason = "a process under test goes by the wall clock")]
pub fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that is set");
    Timestamp(u64::try_from(since_1970.as_millis()).expect("a year of this age"))
}
