//! A full disk: mail is refused, and what was accepted is not lost.

use std::path::Path;

use testkit::{Posted, Server, ServerOptions, Wallet};

use testkit::Parcel;

use crate::habits::{drain, kept_promise, one_wallet, send_all, sender};

const ROOM_KIB: u64 = 256;
const MESSAGE: usize = 8 * 1024;

/// Sizes of files in KiB, rounded up: the greatest below this directory.
fn greatest_file(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).expect("the data directory");
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => greatest_file(&entry.path()),
        Ok(meta) => meta.len().div_ceil(1024),
        Err(_) => 0,
    };
    entries.filter_map(Result::ok).map(size).max().unwrap_or(0)
}

/// Sends until the mediator does not take it any more, and returns how many it took.
async fn fill(sender: &Wallet, to: &Wallet, first: u32) -> u32 {
    for number in first..10_000 {
        let parcel = Parcel { to: to.agent().number, number };
        let posted = sender.send_envelope(to.agent(), parcel, &parcel.write_padded(MESSAGE)).await;
        if posted != Posted::Accepted {
            return number - first;
        }
    }
    panic!("the disk never gets full");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_mail_and_loses_none() {
    let mut server = Server::start().await;
    let (wallet, history) = one_wallet(&server).await;
    let sender = sender(&server, &history);
    send_all(&sender, &wallet, 0..5).await;
    server.terminate();
    server.ended().await;
    let file_limit_kib = Some(greatest_file(&server.data()) + ROOM_KIB);
    let mut options = ServerOptions::with(&["mailbox.store_patience=200ms", "log.level=warn"]);
    options.file_limit_kib = file_limit_kib;
    server.start_again_with(options).await;
    let taken = fill(&sender, &wallet, 5).await;
    assert!(server.is_running(), "a full disk is no reason to die");
    server.kill();
    server.start_again_with(ServerOptions::default()).await;
    // The disk has room again: what was refused is sent once more, and kept once.
    send_all(&sender, &wallet, 20_000..20_005).await;
    kept_promise(&history, async {
        drain(&wallet).await;
    })
    .await;
    assert!(history.accepted_count() >= 10 + taken as usize);
}
