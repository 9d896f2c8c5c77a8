//! A PostgreSQL is killed with all its processes.

use servers::{PgSpec, Postgres};
use testkit::ServerOptions;

use super::scene::{RECENT, Scene};

async fn scene_on(postgres: &Postgres, row: &str) -> Scene {
    Scene::set(ServerOptions::default().on(postgres.url()), row).await
}

async fn dies_and_comes_back(postgres: &mut Postgres) {
    postgres.kill().await;
    postgres.restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_synchronous_commit_off_the_mail_of_the_last_moments_is_lost() {
    let spec = PgSpec::plain().with("synchronous_commit", "off");
    // Who writes a page down, writes all that had been committed before.
    let mut postgres = Postgres::start(spec.with("bgwriter_lru_maxpages", "0")).await;
    let mut scene = scene_on(&postgres, "synchronous_commit off").await;
    postgres.pause_part("walwriter").await;
    postgres.write_all().await;
    scene.accepts_recent().await;
    dies_and_comes_back(&mut postgres).await;
    scene.ends_without(RECENT).await;
}

const ON: &str = "synchronous_commit on or local";

async fn nothing_is_lost(spec: PgSpec, row: &str) {
    let mut postgres = Postgres::start(spec).await;
    let mut scene = scene_on(&postgres, row).await;
    postgres.pause_part("walwriter").await;
    scene.accepts_recent().await;
    dies_and_comes_back(&mut postgres).await;
    scene.ends_with_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_synchronous_commit_on_nothing_is_lost() {
    nothing_is_lost(PgSpec::plain(), ON).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_synchronous_commit_local_nothing_is_lost() {
    nothing_is_lost(PgSpec::plain().with("synchronous_commit", "local"), ON).await;
}

const UNSYNCED: &str = "fsync or full_page_writes off";

fn unsynced() -> PgSpec {
    PgSpec::plain().with("fsync", "off").with("full_page_writes", "off")
}

#[tokio::test(flavor = "multi_thread")]
async fn with_fsync_off_nothing_is_lost_as_long_as_the_machine_stays() {
    nothing_is_lost(unsynced(), UNSYNCED).await;
}

/// No test can cut the power. Without `fsync`, the disk may have no more than it had at any moment before.
#[tokio::test(flavor = "multi_thread")]
async fn with_fsync_off_what_was_accepted_is_lost_with_the_machine() {
    let mut postgres = Postgres::start(unsynced()).await;
    let mut scene = scene_on(&postgres, UNSYNCED).await;
    let disk = postgres.disk();
    scene.accepts_recent().await;
    postgres.kill().await;
    postgres.wakes_with(disk);
    postgres.restart().await;
    scene.ends_without(RECENT).await;
}
