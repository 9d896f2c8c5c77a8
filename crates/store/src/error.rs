//! How an engine fails.

/// What a store answers.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A failure of the engine behind a store. Nothing of the act that failed is visible afterwards, unless the
/// variant says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The engine cannot be reached or is shutting down. The act may have happened; repeating it is safe.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The engine has no room left (disk, memory). The act did not happen.
    #[error("the store is full: {0}")]
    Full(String),
    /// The epoch is older than the one that the mailbox knows: a newer session speaks for this recipient.
    #[error("a newer session has taken over")]
    Displaced,
    /// What the engine holds does not make sense.
    #[error("the store holds damaged data: {0}")]
    Damaged(String),
}
