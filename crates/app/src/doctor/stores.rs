//! Whether the stores can be used, what they promise, and what time it is there.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use config::{Config, Engine};
use tokio::time::Instant;

use super::Report;
use crate::clock::SystemClock;
use crate::stores::{self, Promise, Server};

/// A machine whose clock is further off has no time service; nothing depends on it but its logs.
const OFF: i64 = 2_000;
/// Longer questions make every delivery slow.
const FAR: Duration = Duration::from_millis(20);

/// Looks at all stores.
pub async fn examine(config: &Config, report: &mut Report) {
    if let Engine::Embedded(directory) = config.mail_engine() {
        return embedded(&directory, report);
    }
    let clock = Arc::new(SystemClock::start());
    match stores::open(config, &clock).await {
        Ok(opened) => {
            server("mail", &config.mail_engine().to_string(), opened.mail.as_deref(), report).await;
            let keylists = config.keylist_engine().map(|engine| engine.to_string());
            server("keylists", &keylists.unwrap_or_default(), opened.keylists.as_deref(), report)
                .await;
            time(clock.wall_is_ahead(), report);
        }
        Err(error) => report.wrong("store", format!("{error:#}")),
    }
}

pub(super) async fn server(
    about: &'static str,
    name: &str,
    server: Option<&dyn Server>,
    report: &mut Report,
) {
    let Some(server) = server else { return };
    let asked = Instant::now();
    let answer = server.time().await;
    let took = asked.elapsed();
    match answer {
        Ok(_) if took > FAR => report.advice(
            about,
            format!(
                "{name} answers in {} ms, and a delivery asks it up to four times",
                took.as_millis()
            ),
        ),
        Ok(_) => report.good(about, format!("{name} answers in {} µs", took.as_micros())),
        Err(error) => report.wrong(about, error.to_string()),
    }
    match server.promise().await {
        Ok(promise) => promised(&promise, report),
        Err(error) => report.wrong("promise", error.to_string()),
    }
}

fn promised(promise: &Promise, report: &mut Report) {
    report.good("promise", format!("{}: {}", promise.row, promise.loss));
    promise.advice.iter().for_each(|advice| report.advice("promise", advice));
}

fn time(wall_is_ahead: i64, report: &mut Report) {
    const ABOUT: &str = "clock";
    if wall_is_ahead.abs() > OFF {
        let seconds = wall_is_ahead / 1000;
        report.advice(
            ABOUT,
            format!("this machine's is {seconds} s off the store's; mail goes by the store's, log lines go by this one"),
        );
    } else {
        report.good(ABOUT, format!("{wall_is_ahead} ms off the store's"));
    }
}

/// The store is not opened: a mediator may be running on it.
fn embedded(directory: &Path, report: &mut Report) {
    const ABOUT: &str = "mail";
    let shown = directory.display();
    if !directory.exists() {
        return report.good(ABOUT, format!("{shown} will be made by the first start"));
    }
    match sync_time(directory) {
        Ok(took) => report
            .good(ABOUT, format!("{shown} takes writes, and syncs one in {} µs", took.as_micros())),
        Err(error) => report.wrong(ABOUT, format!("cannot write in {shown}: {error}")),
    }
    promised(&stores::embedded::promise(), report);
}

/// How long it takes until a small write is on the disk: the least that a sender waits.
fn sync_time(directory: &Path) -> std::io::Result<Duration> {
    let path = directory.join(format!("doctor.{}", std::process::id()));
    let begun = Instant::now();
    let written =
        OpenOptions::new().write(true).create_new(true).open(&path).and_then(|mut file| {
            file.write_all(&[0; 4096])?;
            file.sync_all()
        });
    let took = begun.elapsed();
    std::fs::remove_file(&path)?;
    written.map(|()| took)
}
