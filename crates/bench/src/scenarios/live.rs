//! Wallets hold live sockets and are written to.

use super::Setting;
use super::course::Course;
use crate::report::Report;
use crate::sending::{End, Through, steady};
use crate::trouble::Trouble;

pub(super) async fn run(setting: &Setting) -> Result<Report, Trouble> {
    let plan = &setting.plan;
    let mut course = Course::start(setting).await?;
    let listening = course.go_live(&course.wallets).await?;
    let warm_up = End::After(plan.warm_up);
    course.write(("warming up", 0), Through::Arrived, warm_up, steady).await;
    course.settle().await;
    for round in 1..=plan.rounds {
        if setting.stop.is_cancelled() {
            break;
        }
        course.senders.prepare(plan.pace, End::After(plan.duration), steady).await;
        let begun = setting.begin();
        let end = End::After(plan.duration);
        let wrote = course.write(("live", round), Through::Arrived, end, steady).await;
        course.settle().await;
        let phase = course.delivered(&begun, wrote, "live", round);
        course.end_round(vec![phase]);
    }
    listening.end().await;
    course.report()
}
