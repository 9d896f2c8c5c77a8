/// What a received envelope may be at most. Checked before anything is parsed, decoded or computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole envelope; 1 MiB by default.
    pub envelope_bytes: usize,
    /// Bytes of the decoded `protected` header; 16 KiB by default, enough for 16 recipients with blanks.
    pub header_bytes: usize,
    /// Recipients of one envelope; 16 by default.
    pub recipients: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { envelope_bytes: 1024 * 1024, header_bytes: 16 * 1024, recipients: 16 }
    }
}
