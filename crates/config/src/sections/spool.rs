use std::path::PathBuf;

use crate::setting::section;
use crate::values::ByteSize;

section! {
    /// A place on this machine where mail waits while a store that is shared is away. Off unless it has a directory. It trades: what waits
    /// there was accepted, but nobody can fetch it, and it is gone if this machine is.
    Spool "spool" {
        /// The directory of the spool, on a disk that outlives the process. One mediator uses it at a time.
        directory: Option<PathBuf> = "";
        /// Messages that may wait there. More of them are held and cut off as without a spool.
        messages: usize = "100000";
        /// The same in bytes.
        bytes: ByteSize = "1GiB";
    }
}
