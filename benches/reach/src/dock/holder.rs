//! A process that holds sockets and answers their pings.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};

use super::sockets::{self, Plain};
use super::{AT_A_TIME, source};

/// Descriptors of one process are few.
const MOST: usize = 16_000;

/// It ends, and its sockets with it, when this is dropped.
pub struct Holder {
    child: Child,
    /// How many it holds.
    pub held: usize,
}

impl Holder {
    /// As many as it takes to hold so many sockets at this dock, which is the `nth` of several: each dials from addresses of its
    /// own, because an address has only 28,000 ports.
    pub async fn fill(nth: usize, dock: SocketAddr, sockets: usize) -> Vec<Self> {
        let parts = sockets.div_ceil(MOST).max(1);
        let filling = tokio::task::spawn_blocking(move || {
            let start = |part| Self::start(dock, sockets / parts, nth * parts + part);
            (0..parts).map(start).collect()
        });
        filling.await.expect("sockets are opened")
    }

    fn start(dock: SocketAddr, sockets: usize, part: usize) -> Self {
        let program = std::env::current_exe().expect("a program has a file");
        let mut child = Command::new(program)
            .args(["-", "hold", "--dock", &dock.to_string()])
            .args(["--sockets", &sockets.to_string(), "--part", &part.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("another process");
        let mut line = String::new();
        let lines = child.stdout.take().expect("its output");
        BufReader::new(lines).read_line(&mut line).expect("its word that all are open");
        let held: usize = line.trim().parse().unwrap_or_default();
        assert_eq!(held, sockets, "not all sockets could be opened");
        Self { child, held }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // Both fail only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What such a process does: `--sockets` at `--dock`, until its standard input ends.
pub async fn hold(dock: SocketAddr, sockets: usize, part: usize) {
    let held = Arc::new(AtomicUsize::new(0));
    let opening = (0..sockets).map(|number| sockets::open(dock, source(part * 40_000 + number)));
    // Each answers pings from the first moment, however long the others take.
    let opened = stream::iter(opening).buffer_unordered(AT_A_TIME).for_each(|socket| {
        if let Some(socket) = socket {
            held.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(listen(socket, held.clone()));
        }
        std::future::ready(())
    });
    opened.await;
    println!("{}", held.load(Ordering::Relaxed));
    let wait = || std::io::stdin().read_to_end(&mut Vec::new());
    // However it ends, it is the end.
    let _ = tokio::task::spawn_blocking(wait).await;
}

async fn listen(mut socket: Plain, held: Arc<AtomicUsize>) {
    while let Some(Ok(_)) = socket.next().await {}
    held.fetch_sub(1, Ordering::Relaxed);
}
