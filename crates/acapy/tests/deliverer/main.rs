//! What deliverers promise, asked of a Redis Cluster and of real endpoints: a file for each subject.

mod admin;
mod bodies;
mod crashes;
mod dead_letters;
mod junk;
mod order;
mod stage;
mod streams;
mod webhooks;
