//! What is left when the process dies, the disk is full, or the files are cut short.
#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]
#![expect(clippy::print_stdout, reason = "children tell their parent what was confirmed")]

mod crash;
mod damage;
mod full_disk;
mod growth;
mod lock;
mod support;
mod torn;
