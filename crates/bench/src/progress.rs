//! Bars for those who wait.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::plan::Pace;
use crate::sending::End;

/// One bar on standard error, if that is a terminal, and else nothing.
pub(crate) struct Bar(ProgressBar);

/// What a bar looks like.
const STYLE: &str = "{msg:>12} {bar:32} {pos}/{len} {elapsed} (still {eta})";

impl Bar {
    /// A bar for so many.
    pub fn new(what: &'static str, count: u64) -> Self {
        let bar = ProgressBar::new(count).with_message(what);
        if let Ok(style) = ProgressStyle::with_template(STYLE) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// A bar for messages. Where time ends them, their number is a guess.
    pub fn of_messages(what: &'static str, pace: Pace, end: End) -> Self {
        let count = match (end, pace) {
            (End::Messages(messages), _) => messages,
            (End::After(time), Pace::Rate(rate)) => (rate * time.as_secs_f64()) as u64,
            (End::After(_), Pace::Clients(_)) => 0,
        };
        let bar = Self::new(what, count);
        if count == 0 {
            bar.0.set_style(ProgressStyle::default_spinner());
            bar.0.enable_steady_tick(Duration::from_millis(200));
        }
        bar
    }

    /// One more.
    pub fn advance(&self) {
        self.advance_by(1);
    }

    /// So many more.
    pub fn advance_by(&self, count: u64) {
        self.0.inc(count);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
