//! Many live sessions on one instance: what each costs, at rest and after a message.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use testkit::{Posted, Socket, Wallet};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::arguments::Arguments;
use crate::deployment::Deployment;
use crate::{live, load};

/// Onboarding so many at a time.
const AT_A_TIME: usize = 16;

/// How long the deployment is watched at rest.
const AT_REST: Duration = Duration::from_secs(60);

/// New sessions look at their mailboxes now and then before they only listen.
const SETTLING: u64 = 60;

/// `--sessions` live sockets, all with the first instance, watched after `--settle` seconds.
pub async fn measure(deployment: &Deployment, arguments: &Arguments) {
    let count = arguments.of("sessions", 19_000_u32);
    let http = load::client();
    let wallets: Vec<Wallet> = stream::iter(0..count)
        .map(|number| load::wallet_over(http.clone(), deployment.address(0), number))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    sleep(Duration::from_secs(5)).await;
    let before = deployment.resident();
    println!("{count} wallets are known, {before:.1} MB resident");
    let opened = stream::iter(&wallets).map(open).buffer_unordered(AT_A_TIME);
    let listeners: Vec<JoinHandle<()>> = opened.collect().await;
    sleep(Duration::from_secs(5)).await;
    let idle = deployment.resident();
    println!("{count} live sessions: {:.2} KB each", (idle - before) * 1e3 / f64::from(count));
    sleep(Duration::from_secs(arguments.of("settle", SETTLING))).await;
    let used = deployment.used();
    sleep(AT_REST).await;
    let used = deployment.used() - used;
    println!(
        "at rest: {:.2} % of a core in mediators, {:.2} % in the engine",
        used.mediators / AT_REST.as_secs_f64() * 100.0,
        used.engine / AT_REST.as_secs_f64() * 100.0
    );
    message_all(deployment, &wallets).await;
    let after = deployment.resident();
    println!("after a 2 KB message each: {:.2} KB", (after - before) * 1e3 / f64::from(count));
    listeners.iter().for_each(JoinHandle::abort);
}

async fn open(wallet: &Wallet) -> JoinHandle<()> {
    let socket = live::go_live(wallet).await;
    let agent = wallet.agent().clone();
    tokio::spawn(listen(socket, agent))
}

async fn listen(mut socket: Socket, agent: std::sync::Arc<testkit::Agent>) {
    while let Some(frame) = socket.hear_within(Duration::from_secs(3600)).await {
        live::acknowledge(&mut socket, &agent, &frame).await;
    }
}

async fn message_all(deployment: &Deployment, wallets: &[Wallet]) {
    let posts = wallets.iter().map(|wallet| async {
        let there = wallet.by_way_of(deployment.address(1));
        there.post(&load::sealed_one(wallet.agent(), 1)).await
    });
    let accepted = stream::iter(posts)
        .buffer_unordered(AT_A_TIME)
        .filter(|posted| std::future::ready(*posted == Posted::Accepted))
        .count()
        .await;
    sleep(Duration::from_secs(5)).await;
    println!("{accepted} messages accepted");
}
