//! A standby takes over from a PostgreSQL.

use servers::{PgSpec, Postgres};
use testkit::ServerOptions;

use super::scene::{RECENT, Scene};

const ALONE: &str = "no synchronous standby";
const SYNCHRONOUS: &str = "synchronous_standby_names set";

/// A primary and its standby, and instances that know both.
struct Pair {
    primary: Postgres,
    standby: Postgres,
    scene: Scene,
}

impl Pair {
    async fn set(spec: PgSpec, row: &str) -> Self {
        let primary = Postgres::start(spec).await;
        let standby = Postgres::standby_of(&primary).await;
        let options = ServerOptions::default().on(primary.url_with(&standby));
        let scene = Scene::set(options, row).await;
        primary.until_followed().await;
        Self { primary, standby, scene }
    }

    async fn standby_takes_over(&mut self) {
        self.primary.kill().await;
        self.standby.promote().await;
    }
}

async fn the_mail_of_the_last_moments_is_lost(spec: PgSpec, row: &str) {
    let mut pair = Pair::set(spec, row).await;
    pair.primary.pause_part("walsender").await;
    pair.scene.accepts_recent().await;
    pair.standby_takes_over().await;
    pair.scene.ends_without(RECENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_behind_takes_over_without_the_mail_of_the_last_moments() {
    the_mail_of_the_last_moments_is_lost(PgSpec::plain(), ALONE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_one_whose_primary_waits_for_no_disk() {
    let spec = PgSpec::plain().with("synchronous_commit", "off");
    the_mail_of_the_last_moments_is_lost(spec, "synchronous_commit off").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_one_whose_primary_syncs_nothing() {
    let spec = PgSpec::plain().with("fsync", "off");
    the_mail_of_the_last_moments_is_lost(spec, "fsync or full_page_writes off").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_a_synchronous_one_that_nobody_waits_for() {
    let spec = PgSpec::with_synchronous_standby().with("synchronous_commit", "local");
    the_mail_of_the_last_moments_is_lost(spec, ALONE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_one_takes_over_with_all_mail() {
    let mut pair = Pair::set(PgSpec::with_synchronous_standby(), SYNCHRONOUS).await;
    pair.scene.accepts_recent().await;
    pair.standby_takes_over().await;
    pair.scene.ends_with_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_synchronous_one_does_not_have_is_not_accepted() {
    let mut pair = Pair::set(PgSpec::with_synchronous_standby(), SYNCHRONOUS).await;
    pair.primary.pause_part("walsender").await;
    pair.scene.accepts_nothing().await;
    pair.standby_takes_over().await;
    pair.scene.accepts_recent_at_last().await;
    pair.scene.ends_with_all().await;
}
