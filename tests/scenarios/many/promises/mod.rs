//! What the settings of an engine promise: a scenario for each cell of the table in `docs/topics/many-instances.md` that a test can
//! bring about. Each shows what is kept, what is lost, and that nothing else breaks.

mod postgres;
mod postgres_standbys;
mod redis;
mod redis_replicas;
mod scene;
