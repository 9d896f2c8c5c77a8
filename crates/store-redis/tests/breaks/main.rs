//! What becomes of mail and wakes when a Redis fails in the ways that it can.

mod cluster;
mod crowded;
mod large;
mod party;
mod refusals;
mod single;
