//! What the operating system says to the process.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A file grew over its limit (RLIMIT_FSIZE). Its default is death; with a handler, the write fails and the store says so.
const SIGXFSZ: SignalKind = SignalKind::from_raw(25);

/// Fires `stop` at the first SIGTERM or SIGINT, and ends the process at the second.
///
/// # Errors
/// If the signals cannot be listened to.
pub fn watch(stop: CancellationToken) -> anyhow::Result<()> {
    let listen = |kind| signal(kind).context("cannot listen to signals");
    let (mut terminate, mut interrupt) =
        (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let mut file_too_large = listen(SIGXFSZ)?;
    tokio::spawn(async move { while file_too_large.recv().await.is_some() {} });
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping; a second signal ends the process at once");
        stop.cancel();
        either(&mut terminate, &mut interrupt).await;
        std::process::exit(1);
    });
    Ok(())
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
