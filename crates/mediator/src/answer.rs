//! What a transport is to do about one request.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

/// The outcome of one posted envelope.
#[derive(Debug)]
pub enum Answer {
    /// Taken, with nothing to say: 2xx and an empty body. For a forward this means that it is durable.
    Accepted,
    /// Taken, and this goes back over the same request (RFC 0092).
    Reply {
        /// One sealed envelope.
        envelope: Bytes,
        /// Present if mail rides in the envelope that the peer cannot acknowledge.
        receipt: Option<Receipt>,
    },
    /// Not taken.
    Refused(Refusal),
    /// Not taken, and no status may be given: the store is away, and many senders take any status as success. The
    /// transport cuts the connection.
    Cut,
}

/// Why an envelope was not taken. Says nothing that a stranger may not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The bytes are no envelope, or break a limit of the format.
    NotAnEnvelope,
    /// It is sealed for keys that are not ours, or does not open.
    NotForUs,
    /// It opened, but what is inside is no message that can be understood.
    NotAMessage,
    /// The message needs a sender we know, and has none.
    Unauthorized,
    /// A forward to a key that nobody has listed.
    UnknownRecipient,
    /// The recipient's mailbox has reached its limit.
    MailboxFull,
}

impl Refusal {
    /// Every refusal, for documentation and counters.
    pub const ALL: [Self; 6] = [
        Self::NotAnEnvelope,
        Self::NotForUs,
        Self::NotAMessage,
        Self::Unauthorized,
        Self::UnknownRecipient,
        Self::MailboxFull,
    ];

    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::NotAnEnvelope | Self::NotForUs | Self::NotAMessage => 400,
            Self::Unauthorized => 401,
            Self::UnknownRecipient => 404,
            Self::MailboxFull => 507,
        }
    }

    /// The words in the body.
    pub fn text(self) -> &'static str {
        match self {
            Self::NotAnEnvelope => "not an envelope",
            Self::NotForUs => "not sealed for this mediator",
            Self::NotAMessage => "not a message this mediator understands",
            Self::Unauthorized => "not from a connected agent",
            Self::UnknownRecipient => "no such recipient",
            Self::MailboxFull => "the recipient's mailbox is full",
        }
    }

    /// The name of its counter.
    pub fn label(self) -> &'static str {
        match self {
            Self::NotAnEnvelope => "not_an_envelope",
            Self::NotForUs => "not_for_us",
            Self::NotAMessage => "not_a_message",
            Self::Unauthorized => "unauthorized",
            Self::UnknownRecipient => "unknown_recipient",
            Self::MailboxFull => "mailbox_full",
        }
    }
}

type Settle = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Mail that left in a response and that its recipient cannot acknowledge.
///
/// The transport calls [`Receipt::taken`] when the whole response was written, the peer's TCP has acknowledged it, and the
/// connection was neither reset nor timed out. Everything else is [`Receipt::lost`], and a receipt that is
/// dropped is lost too: the mail's lease runs out and it is back at its place in the mailbox.
#[must_use = "a receipt that is dropped counts as lost"]
pub struct Receipt {
    settle: Box<dyn FnOnce(bool) -> Settle + Send>,
}

impl Receipt {
    /// A receipt that runs `settle` with whether the mail was taken.
    pub fn new<F, S>(settle: F) -> Self
    where
        F: FnOnce(bool) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        Self { settle: Box::new(move |taken| Box::pin(settle(taken))) }
    }

    /// The peer has it: remove it from the mailbox.
    pub async fn taken(self) {
        (self.settle)(true).await;
    }

    /// The peer does not have it: put it back at once.
    pub async fn lost(self) {
        (self.settle)(false).await;
    }
}

impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receipt")
    }
}
