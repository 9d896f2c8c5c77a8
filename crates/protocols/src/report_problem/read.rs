//! Reading a problem report of any protocol.

use serde_json::Value;

use crate::command::Report;
use crate::limits;
use crate::wire::shortened;

/// What the report says. A report that cannot be read is a report all the same: it must never be answered.
pub(crate) fn read(plaintext: &[u8]) -> Report {
    let message: Value = serde_json::from_slice(plaintext).unwrap_or_default();
    let description = &message["description"];
    let first = |candidates: [&Value; 3]| {
        let text = candidates.into_iter().find_map(Value::as_str)?;
        Some(shortened(text, limits::LABEL))
    };
    Report {
        code: first([&description["code"], &message["problem-code"], &Value::Null]),
        text: first([&description["en"], &message["explain"], description]),
    }
}
