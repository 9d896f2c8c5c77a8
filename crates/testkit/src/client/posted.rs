use bytes::Bytes;

/// What came of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// A 2xx with nothing to read.
    Accepted,
    /// A 2xx and an envelope.
    Answered(Bytes),
    /// Another status, and the words with it.
    Refused(u16, String),
    /// No answer at all.
    Cut,
}
