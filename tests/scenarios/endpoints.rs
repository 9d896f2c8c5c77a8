//! Agents with an address: mail is pushed to them, in order, for as long as it takes.

use std::time::Duration;

use protocols::Handshake;
use servers::Certificates;
use tempfile::TempDir;
use testkit::{Endpoint, History, Parcel, Server, ServerOptions, Take, Wallet};
use tokio::time::sleep;

use crate::habits::{drain, kept_promise, send_all, sender};
use crate::tls_before::tls_before;

/// A mediator that tries again soon.
fn eager() -> ServerOptions {
    ServerOptions::with(&[
        "outbound.backoff_first=50ms",
        "outbound.backoff_most=200ms",
        "outbound.refusals=2",
        "outbound.timeout=3s",
    ])
}

/// An agent whose mail goes to this endpoint.
async fn agent(server: &Server, number: u32, history: &History, endpoint: &Endpoint) -> Wallet {
    agent_at(&endpoint.uri(), server, number, history, endpoint).await
}

/// The same, if it says another address of the endpoint.
async fn agent_at(
    uri: &str,
    server: &Server,
    number: u32,
    history: &History,
    endpoint: &Endpoint,
) -> Wallet {
    let agent =
        Wallet::connected(server, number, history, Handshake::DidExchange11, Some(uri)).await;
    agent.be_mediated().await;
    endpoint.belongs_to(agent.agent(), history);
    agent
}

fn in_order(endpoint: &Endpoint) -> Vec<u32> {
    endpoint.taken().iter().map(|parcel| parcel.number).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_was_down_gets_everything_in_order_when_it_is_back() {
    let mut server = Server::start_with(eager()).await;
    let history = History::default();
    let mut endpoint = Endpoint::open().await;
    let agent = agent(&server, 1, &history, &endpoint).await;
    let sender = sender(&server, &history);
    send_all(&sender, &agent, 0..10).await;
    endpoint.until(|endpoint| endpoint.taken().len() == 10).await;
    endpoint.go_down();
    send_all(&sender, &agent, 10..30).await;
    server.kill();
    server.start_again().await;
    send_all(&sender, &agent, 30..40).await;
    endpoint.come_back().await;
    endpoint.until(|endpoint| endpoint.taken().last().is_some_and(|last| last.number == 39)).await;
    kept_promise(&history, async {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_answers_5xx_for_a_while_loses_nothing() {
    let server = Server::start_with(eager()).await;
    let history = History::default();
    let endpoint = Endpoint::open().await;
    let agent = agent(&server, 1, &history, &endpoint).await;
    endpoint.decide(|_| Take::No(503));
    send_all(&sender(&server, &history), &agent, 0..10).await;
    // More often than a refused message would be tried.
    endpoint.until(|endpoint| endpoint.attempts() > 5).await;
    endpoint.decide(|_| Take::Yes);
    endpoint.until(|endpoint| endpoint.taken().len() >= 10).await;
    kept_promise(&history, async {}).await;
    assert_eq!(in_order(&endpoint), (0..10).collect::<Vec<u32>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_refused_for_good_does_not_block_the_rest() {
    let server = Server::start_with(eager()).await;
    let history = History::default();
    let endpoint = Endpoint::open().await;
    let agent = agent(&server, 1, &history, &endpoint).await;
    let refused = |parcel: Option<Parcel>| parcel.is_some_and(|parcel| parcel.number == 3);
    endpoint.decide(move |parcel| if refused(parcel) { Take::No(400) } else { Take::Yes });
    send_all(&sender(&server, &history), &agent, 0..10).await;
    endpoint.until(|endpoint| endpoint.taken().len() == 9).await;
    assert_eq!(in_order(&endpoint), [0, 1, 2, 4, 5, 6, 7, 8, 9]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_endpoint_slows_nobody_else() {
    let server = Server::start_with(eager()).await;
    let history = History::default();
    let (dead, well) = (Endpoint::open().await, Endpoint::open().await);
    let unlucky = agent(&server, 1, &history, &dead).await;
    let lucky = agent(&server, 2, &history, &well).await;
    let wallet = Wallet::join(&server, 3, &history).await;
    dead.decide(|_| Take::Never);
    let sender = sender(&server, &history);
    send_all(&sender, &unlucky, 0..5).await;
    dead.until(|endpoint| endpoint.attempts() > 0).await;
    send_all(&sender, &lucky, 0..20).await;
    send_all(&sender, &wallet, 0..20).await;
    well.until(|endpoint| endpoint.taken().len() == 20).await;
    assert_eq!(drain(&wallet).await, 20);
    // The dead one had taken nothing all the while.
    assert_eq!(dead.taken(), []);
    dead.decide(|_| Take::Yes);
    dead.until(|endpoint| endpoint.taken().last().is_some_and(|last| last.number == 4)).await;
    kept_promise(&history, async {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_of_a_private_authority_is_pushed_to_once_the_operator_trusts_it() {
    let folder = TempDir::new().unwrap();
    let certificates = Certificates::make(folder.path());
    let mut server = Server::start_with(eager()).await;
    let history = History::default();
    let endpoint = Endpoint::open().await;
    let address = endpoint.uri();
    let address = address.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let port = tls_before(address, &certificates).await.port();
    let https = format!("https://localhost:{port}/");
    let agent = agent_at(&https, &server, 1, &history, &endpoint).await;
    send_all(&sender(&server, &history), &agent, 0..10).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(endpoint.attempts(), 0, "nobody certifies it");
    server.terminate();
    server.ended().await;
    let trusting = eager().and(&[&format!("outbound.cacerts={}", certificates.ca.display())]);
    server.start_again_with(trusting).await;
    endpoint.until(|endpoint| endpoint.taken().len() == 10).await;
    kept_promise(&history, async {}).await;
}
