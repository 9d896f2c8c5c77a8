//! Why a benchmark cannot go on.

use std::time::Duration;

/// A reason to stop before there is anything to measure. Says what to change, where something can be changed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// An invitation cannot be used.
    #[error("the invitation cannot be used: {0}")]
    Invitation(String),
    /// Nobody answers there.
    #[error("{place} cannot be reached: {why}")]
    Unreachable {
        /// Scheme, host and port.
        place: String,
        /// What the network says.
        why: String,
    },
    /// The mediator answered with another status than 2xx.
    #[error("the mediator refuses {what}: HTTP status {status}{}", quoted(.words))]
    Refused {
        /// What was asked.
        what: &'static str,
        /// Its status.
        status: u16,
        /// What it says about it.
        words: String,
    },
    /// The mediator understood and does not want to.
    #[error("the mediator declines {what}: {code}")]
    Declined {
        /// What was asked.
        what: &'static str,
        /// The code of its problem report.
        code: String,
    },
    /// The answer is not the one that the protocol has.
    #[error("the mediator answers {what} with {got}")]
    Odd {
        /// What was asked.
        what: &'static str,
        /// What came instead.
        got: String,
    },
    /// The answer went another way, or there is none.
    #[error("the mediator answers {what} with an empty response, not on the return route")]
    Empty {
        /// What was asked.
        what: &'static str,
    },
    /// No answer in time.
    #[error("no answer to {what} within {} s", .after.as_secs())]
    Silent {
        /// What was asked.
        what: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// The mediator has no address of the kind that is needed.
    #[error("the mediator names no {kind} address: say it with --{flag} URL")]
    NoAddress {
        /// Which kind.
        kind: &'static str,
        /// The option to say it with.
        flag: &'static str,
    },
    /// The user had enough before anything was measured.
    #[error("interrupted before anything was measured")]
    Interrupted,
    /// This machine cannot do its part.
    #[error("{0}")]
    Here(String),
}

fn quoted(words: &str) -> String {
    const LONGEST: usize = 200;
    let short: String = words.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
    if short.is_empty() { short } else { format!(" ({short})") }
}

#[cfg(test)]
mod tests {
    use super::Trouble;

    #[test]
    fn what_a_mediator_says_is_shown_short_and_without_control_characters() {
        let words = format!("no\n\x1b[31m{}", "x".repeat(1_000));
        let trouble = Trouble::Refused { what: "a request", status: 400, words };
        let shown = trouble.to_string();
        assert!(shown.starts_with("the mediator refuses a request: HTTP status 400 (no[31mxxx"));
        assert!(shown.len() < 300, "{shown}");
    }
}
