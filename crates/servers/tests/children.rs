//! No server outlives its test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::kill;
use servers::{Job, PgSpec, Postgres, RedisServer, RedisSpec};
use tokio::time::{sleep, timeout};

/// The file in which the helper below says who its children are; without it, that test has nothing to do.
const PLACE: &str = "CHILDREN_ARE_NOTED_IN";

fn place() -> Option<PathBuf> {
    std::env::vars_os().find(|(name, _)| name == PLACE).map(|(_, value)| value.into())
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(60), waiting).await.expect("not in vain");
}

#[tokio::test]
#[ignore = "run by the test below, in a process that is killed"]
async fn a_process_with_children() {
    let Some(place) = place() else { return };
    let redis = RedisServer::start(RedisSpec::plain()).await;
    let postgres = Postgres::start(PgSpec::plain()).await;
    let ports = format!("{} {}\n", redis.port(), postgres.port());
    std::fs::write(place, ports).expect("the ports are noted");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn children_end_when_the_test_is_killed() {
    let directory = tempfile::tempdir().expect("a directory");
    let noted = directory.path().join("ports");
    let test = std::env::current_exe().expect("a test has an executable");
    let arguments = ["--exact", "a_process_with_children", "--ignored"];
    let mut process =
        Command::new(test).args(arguments).env(PLACE, &noted).spawn().expect("the test runs");
    let ports = || std::fs::read_to_string(&noted).unwrap_or_default();
    until(|| ports().ends_with('\n')).await;
    process.kill().expect("it is ours");
    process.wait().expect("it is ours");
    until(|| ports().split_whitespace().all(nobody_listens)).await;
}

fn nobody_listens(port: &str) -> bool {
    std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err()
}

#[tokio::test]
async fn a_child_ends_with_its_value_even_if_it_is_paused() {
    let directory = tempfile::tempdir().expect("a directory");
    let job = Job::new(Path::new("/bin/sleep"), directory.path().join("log")).arg("1000");
    let child = job.start();
    let pid = child.pid();
    child.pause();
    drop(child);
    assert!(kill(pid, None).is_err(), "it still runs");
}
