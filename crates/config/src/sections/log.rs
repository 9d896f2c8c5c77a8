use crate::setting::section;
use crate::values::{Level, LogFormat};

section! {
    /// What is written to standard error. Bodies, keys and whole DIDs never are.
    Log "log" {
        /// The least important line that is written.
        level: Level = "info", flag "log-level", env "RESTANTE_LOG";
        /// How lines look: `human`, `json`, or `auto`, which is human on a terminal and JSON otherwise.
        format: LogFormat = "auto", flag "log-format";
    }
}
