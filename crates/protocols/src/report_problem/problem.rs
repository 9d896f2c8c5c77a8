//! What we report.

use std::borrow::Cow;

/// What went wrong, for the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// For programs.
    pub code: Cow<'static, str>,
    /// For people, in English.
    pub text: Cow<'static, str>,
}

impl Problem {
    /// The message is unknown or malformed; the code of ACA-Py and Credo.
    pub const MESSAGE_PARSE_FAILURE: Self =
        Self::fixed("message-parse-failure", "The message was not understood");
    /// Keylists are for those who were granted mediation; the code and text of ACA-Py.
    pub const MEDIATION_NOT_GRANTED: Self =
        Self::fixed("mediation_not_granted", "Mediation has not been granted for this connection");
    /// Live delivery needs a socket (RFC 0685).
    pub const LIVE_MODE_NOT_SUPPORTED: Self =
        Self::fixed("e.m.live-mode-not-supported", "Connection does not support Live Delivery");
    /// The request for a connection is refused (RFC 0160, RFC 0023).
    pub const REQUEST_NOT_ACCEPTED: Self =
        Self::fixed("request_not_accepted", "The request was not accepted");
    /// The request for a connection could not be processed (RFC 0160, RFC 0023).
    pub const REQUEST_PROCESSING_ERROR: Self =
        Self::fixed("request_processing_error", "The request could not be processed");
    /// The invitation was used or has expired (RFC 0434).
    pub const EXPIRED_INVITATION: Self =
        Self::fixed("expired-invitation", "The invitation has expired");

    /// A problem with fixed texts.
    pub const fn fixed(code: &'static str, text: &'static str) -> Self {
        Self { code: Cow::Borrowed(code), text: Cow::Borrowed(text) }
    }
}
