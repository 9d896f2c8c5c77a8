//! A restart keeps everything: invitation, connections, keylists, mail in order.

use protocols::client;
use testkit::{History, Server, Wallet, Words};

use crate::habits::{delivery, drain, kept_promise, numbers, one_wallet, send_all, sender, until};

async fn keylist(wallet: &Wallet) -> Vec<String> {
    let Words::Other { text, .. } =
        wallet.ask(&client::keylist_query(&wallet.agent().id(), None)).await
    else {
        panic!("no keylist");
    };
    client::read_keylist(&text).expect("a keylist").0
}

async fn first_ten(wallet: &Wallet) -> Vec<u32> {
    numbers(wallet.ask(&delivery(wallet, 10)).await.items())
}

async fn restarted(server: &mut Server, by_force: bool) {
    if by_force {
        server.kill();
    } else {
        server.terminate();
        assert_eq!(server.ended().await, Some(0));
    }
    server.start_again().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_invitation_connections_keylists_and_mail() {
    let mut server = Server::start().await;
    let (wallet, history) = one_wallet(&server).await;
    let invitation = wallet.invitation().await;
    let keys = keylist(&wallet).await;
    assert_eq!(keys.len(), 1);
    let sender = sender(&server, &history);
    for (round, by_force) in [(0, false), (1, true)] {
        send_all(&sender, &wallet, round * 20..(round + 1) * 20).await;
        restarted(&mut server, by_force).await;
        assert_eq!(wallet.invitation().await, invitation);
        assert_eq!(keylist(&wallet).await, keys);
        assert_eq!(first_ten(&wallet).await, (0..10).collect::<Vec<u32>>());
    }
    let fetched = async || {
        drain(&wallet).await;
        history.missing().is_empty()
    };
    kept_promise(&history, until("all is fetched", fetched)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_stays_acknowledged_after_an_orderly_restart() {
    let mut server = Server::start().await;
    let (wallet, history) = one_wallet(&server).await;
    send_all(&sender(&server, &history), &wallet, 0..20).await;
    assert_eq!(drain(&wallet).await, 20);
    restarted(&mut server, false).await;
    assert_eq!(drain(&wallet).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_a_restart_is_still_a_retry() {
    let mut server = Server::start().await;
    let (wallet, history) = one_wallet(&server).await;
    let sender = sender(&server, &history);
    send_all(&sender, &wallet, 0..3).await;
    restarted(&mut server, true).await;
    send_all(&sender, &wallet, 0..3).await;
    assert_eq!(drain(&wallet).await, 3);
    send_all(&sender, &wallet, 0..3).await;
    assert_eq!(drain(&wallet).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wallets_join_with_either_handshake_and_stay() {
    let mut server = Server::start().await;
    let history = History::default();
    let handshakes = [protocols::Handshake::Connections, protocols::Handshake::DidExchange11];
    let mut wallets = Vec::new();
    for (number, handshake) in (1..).zip(handshakes) {
        let wallet = Wallet::connected(&server, number, &history, handshake, None).await;
        wallet.be_mediated().await;
        wallets.push(wallet);
    }
    restarted(&mut server, true).await;
    for wallet in &wallets {
        send_all(&sender(&server, &history), wallet, 0..3).await;
        assert_eq!(drain(wallet).await, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_for_mediation_is_granted_again_with_the_same_routing_key() {
    let mut server = Server::start().await;
    let (wallet, _) = one_wallet(&server).await;
    let key = routing_key(&wallet).await;
    assert_eq!(routing_key(&wallet).await, key);
    let listed = keylist(&wallet).await;
    restarted(&mut server, false).await;
    assert_eq!(routing_key(&wallet).await, key);
    assert_eq!(keylist(&wallet).await, listed);
}

async fn routing_key(wallet: &Wallet) -> String {
    let answer = wallet.ask(&client::mediate_request(&wallet.agent().id())).await;
    let Words::Other { text, .. } = answer else { panic!("no grant: {answer:?}") };
    client::read_grant(&text).expect("a grant").routing_keys[0].to_string()
}
