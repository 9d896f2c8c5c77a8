//! Wallets hold sockets and do nothing; then each gets a message.

use tokio::time::sleep;

use super::Setting;
use super::course::{Course, Listening};
use crate::progress::Bar;
use crate::report::{Phase, Report};
use crate::sending::{End, Through, steady};
use crate::trouble::Trouble;

/// Memory is looked at so often while sockets open.
const STEPS: usize = 10;

pub(super) async fn run(setting: &Setting) -> Result<Report, Trouble> {
    let mut course = Course::start(setting).await?;
    // What joining took is given back, as far as it is.
    setting.pause(setting.plan.warm_up).await;
    course.hold(0);
    let begun = setting.begin();
    let listening = open(&mut course).await?;
    let count = course.wallets.len() as u64;
    let opened = setting.finish(&begun, begun.elapsed(), ("open", "socket"), count, Vec::new());
    setting.pause(setting.plan.warm_up).await;
    let mut phases = vec![opened, rest(&course, count).await];
    phases.extend(message_all(&course).await);
    course.end_round(phases);
    listening.end().await;
    course.report()
}

async fn open(course: &mut Course<'_>) -> Result<Listening, Trouble> {
    let wallets = course.wallets.clone();
    let mut listening: Option<Listening> = None;
    let mut open = 0;
    for some in wallets.chunks(wallets.len().div_ceil(STEPS)) {
        let more = course.go_live(some).await?;
        match &mut listening {
            Some(listening) => listening.join(more),
            None => listening = Some(more),
        }
        open += some.len() as u64;
        course.hold(open);
    }
    listening.ok_or_else(|| Trouble::Here("no wallets, no sockets".to_owned()))
}

async fn rest(course: &Course<'_>, count: u64) -> Phase {
    let setting = course.setting;
    let begun = setting.begin();
    let _bar = Bar::new("at rest", count);
    setting.pause(setting.plan.duration).await;
    let lasted = begun.elapsed();
    let count = (count as f64 * lasted.as_secs_f64()) as u64;
    setting.finish(&begun, lasted, ("rest", "socket-second"), count, Vec::new())
}

/// A message to each wallet, at the plan's pace.
async fn message_all(course: &Course<'_>) -> Option<Phase> {
    let setting = course.setting;
    let end = End::Messages(u64::from(setting.plan.wallets) * u64::from(setting.plan.messages));
    course.senders.prepare(setting.plan.pace, end, steady).await;
    let begun = setting.begin();
    let wrote = course.write(("messages", 1), Through::Arrived, end, steady).await;
    course.settle().await;
    Some(course.delivered(&begun, wrote, "messages", 1)).filter(|phase| phase.count > 0.0)
}

impl Setting {
    /// Nothing happens for a while.
    async fn pause(&self, time: std::time::Duration) {
        tokio::select! {
            () = sleep(time) => {}
            () = self.stop.cancelled() => {}
        }
    }
}
