//! Where log lines go: standard error, for people on a terminal and for machines elsewhere.

use std::io::{IsTerminal, stderr};

use config::{Level, Log, LogFormat};
use tracing_subscriber::filter::LevelFilter;

/// Starts logging. Called once.
pub fn start(log: &Log) {
    let human = match log.format {
        LogFormat::Human => true,
        LogFormat::Json => false,
        LogFormat::Auto => stderr().is_terminal(),
    };
    let lines = tracing_subscriber::fmt().with_max_level(filter(log.level)).with_writer(stderr);
    if human {
        lines.with_ansi(stderr().is_terminal()).with_target(false).init();
    } else {
        lines.json().flatten_event(true).init();
    }
}

fn filter(level: Level) -> LevelFilter {
    match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    }
}
