use std::time::Duration;

use crate::setting::section;
use crate::values::ByteSize;

section! {
    /// What is kept for one agent.
    Mailbox "mailbox" {
        /// How long a message waits to be fetched.
        retention: Duration = "30d";
        /// Messages that may wait for one agent.
        messages: usize = "200000";
        /// Bytes of messages that may wait for one agent.
        bytes: ByteSize = "1GiB";
        /// How long the repetition of a message is recognised and not kept a second time.
        dedupe_window: Duration = "1d";
        /// How long a forward is held when the store does not answer; after that the connection is cut without a status.
        store_patience: Duration = "10s";
        /// Forwards that may be held so, or wait for the store otherwise, at the same time. More of them are cut off at once.
        held: usize = "5000";
        /// The same in bytes.
        held_bytes: ByteSize = "64MiB";
    }
}
