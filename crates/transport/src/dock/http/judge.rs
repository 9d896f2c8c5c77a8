//! What a backend's answer means.

/// What came of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Taken,
    Refused,
    TooLarge,
    GivenUp,
}

/// What an answer says about a callback; `None` if it is to be asked for again.
pub(super) type Judge = fn(u16) -> Option<Outcome>;

/// What is said about a message.
pub(super) fn judge_message(status: u16) -> Option<Outcome> {
    match status {
        // About us, not about the message.
        401 | 403 => None,
        413 => Some(Outcome::TooLarge),
        other => judge(other),
    }
}

/// What is said about the beginning or the end of a socket.
pub(super) fn judge(status: u16) -> Option<Outcome> {
    match status {
        200..=299 => Some(Outcome::Taken),
        // Too slow, too early, too many: all three ask for another try.
        408 | 425 | 429 => None,
        400..=499 => Some(Outcome::Refused),
        // A redirect too: it could lead to where the operator did not send us.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_of_the_callback_itself_is_final() {
        for taken in [200, 201, 202, 204] {
            assert_eq!(judge(taken), Some(Outcome::Taken), "{taken}");
        }
        for refused in [400, 401, 403, 404, 410, 413, 422] {
            assert_eq!(judge(refused), Some(Outcome::Refused), "{refused}");
        }
        for again in [301, 302, 307, 308, 408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(judge(again), None, "{again}");
        }
    }

    #[test]
    fn a_message_is_refused_only_for_what_is_wrong_with_it() {
        for code in [200, 400, 404, 410, 422, 429, 500, 503] {
            assert_eq!(judge_message(code), judge(code), "{code}");
        }
        assert_eq!(judge_message(413), Some(Outcome::TooLarge));
        assert_eq!((judge_message(401), judge_message(403)), (None, None));
    }
}
