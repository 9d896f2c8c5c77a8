//! What is left when the process dies, the disk is full, or the files are cut short.

mod crash;
mod full_disk;
mod growth;
mod lock;
mod support;
mod torn;
