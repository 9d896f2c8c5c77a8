use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use didcomm::Limits;

use super::KeySource;
use crate::wire::Names;

/// How to relay.
#[derive(Clone)]
pub struct RelayOptions {
    /// How lists are named.
    pub names: Names,
    /// What an envelope may be.
    pub limits: Limits,
    /// Mail is taken for these keys; for any, if there is no source.
    pub keys: Option<Arc<dyn KeySource>>,
    /// How many keys there may be in all. Each costs every round of the plug-in 0.4 s.
    pub most_keys: usize,
    /// How many messages may wait for a key.
    pub most_messages: usize,
    /// Into how many partitions of streams messages go, in place of lists; then nothing is assigned, and `most_messages` is about a stream.
    pub streams: Option<u16>,
    /// Whether plug-ins that mediate push to lists of their own, from which messages are carried over to those of agents.
    pub carries_over: bool,
    /// How many messages may be in hand, on their way to Redis; half of them at most while their keys are looked for.
    pub held: usize,
    /// How long a message is held while Redis is away, or its key is looked for. Then its connection is cut.
    pub store_patience: Duration,
    /// From one pass over the assignment maps to the next.
    pub look_every: Duration,
    /// How long mail may wait at an instance of the plug-in that shows no life, beside 0.4 s for each of its keys, before others get them.
    pub silence: Duration,
    /// Whether agents can answer on the way that a message came.
    pub answers: Answering,
    /// How long a posted message waits for such an answer.
    pub answer_patience: Duration,
}

/// For which messages an answer is asked for. Unmodified plug-ins stop for ever at the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answering {
    /// For none.
    #[default]
    Never,
    /// For those that come on a socket.
    Sockets,
    /// For posted ones too. Each post then waits until it is answered, or [`RelayOptions::answer_patience`] is over.
    All,
}

impl RelayOptions {
    /// The defaults.
    #[must_use]
    pub fn new(names: Names) -> Self {
        Self {
            names,
            limits: Limits::default(),
            keys: None,
            most_keys: 100_000,
            most_messages: 10_000,
            streams: None,
            carries_over: false,
            held: 2_000,
            store_patience: Duration::from_secs(10),
            look_every: Duration::from_secs(2),
            silence: Duration::from_secs(15),
            answers: Answering::Never,
            answer_patience: Duration::from_secs(15),
        }
    }
}

impl fmt::Debug for RelayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayOptions").field("names", &self.names).finish_non_exhaustive()
    }
}
