//! Nobody gets, counts or removes somebody else's mail.

use protocols::client;
use protocols::pickup::{V2_0, V4_0};
use testkit::{History, Server, Wallet, Words};

use crate::habits::{
    delivery, drain, kept_promise, numbers, received, send_all, sender, status, until,
};

async fn two(server: &Server) -> (Wallet, Wallet, History) {
    let history = History::default();
    let alice = Wallet::join(server, 1, &history).await;
    (alice, Wallet::join(server, 2, &history).await, history)
}

fn count(words: &Words) -> u64 {
    match words {
        Words::Status { messages, .. } => *messages,
        other => panic!("no status but {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_removes_only_ones_own_mail() {
    let server = Server::start().await;
    let (alice, mallory, history) = two(&server).await;
    send_all(&sender(&server, &history), &alice, 0..5).await;
    let seen = alice.ask(&delivery(&alice, 5)).await;
    mallory.ask(&received(&mallory, seen.items())).await;
    until("all of it counts again", async || count(&alice.ask(&status(&alice)).await) == 5).await;
    let junk = ["", "x", "../../etc/passwd", "AAAAAAAAAAAAAAAAAAAAAA", "é", &"A".repeat(10_000)];
    let junk: Vec<String> = junk.iter().map(|id| (*id).to_owned()).collect();
    let words = client::messages_received(&V2_0, &alice.agent().id(), &junk);
    assert_eq!(count(&alice.ask(&words).await), 5);
    kept_promise(&history, async { assert_eq!(drain(&alice).await, 5) }).await;
    // Twice is once.
    assert_eq!(count(&alice.ask(&received(&alice, seen.items())).await), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_by_somebody_elses_key_finds_nothing() {
    let server = Server::start().await;
    let (alice, mallory, history) = two(&server).await;
    send_all(&sender(&server, &history), &alice, 0..3).await;
    let key = alice.agent().mail_key();
    for key in [key.to_did_key(), key.to_string()] {
        let id = mallory.agent().id();
        let asked = mallory.ask(&client::status_request(&V2_0, &id, Some(&key))).await;
        assert_eq!(count(&asked), 0);
        let asked = mallory.ask(&client::delivery_request(&V2_0, &id, 10, Some(&key))).await;
        assert_eq!(count(&asked), 0);
        let own = alice.ask(&client::status_request(&V2_0, &id, Some(&key))).await;
        assert_eq!(count(&own), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_nothing_is_a_problem_and_a_huge_one_is_bounded() {
    let server = Server::start().await;
    let (alice, _, history) = two(&server).await;
    let sender = sender(&server, &history);
    send_all(&sender, &alice, 0..150).await;
    for limit in [0, -1, i64::MIN] {
        for words in [
            client::delivery_request(&V2_0, &alice.agent().id(), limit, None),
            client::delivery_request(&V4_0, &alice.agent().id(), limit, None),
            client::batch_pickup(&alice.agent().id(), limit),
        ] {
            let answer = alice.ask(&words).await;
            assert!(matches!(answer, Words::Problem(_)), "{limit} was answered by {answer:?}");
        }
    }
    for (round, limit) in (0..).zip([100, 101, i64::from(i32::MAX), i64::MAX]) {
        let answer = alice.ask(&delivery(&alice, limit)).await;
        let expected: Vec<u32> = (round * 100..(round + 1) * 100).collect();
        assert_eq!(numbers(answer.items()), expected, "for {limit}");
        alice.ask(&received(&alice, answer.items())).await;
        send_all(&sender, &alice, 150 + round * 100..150 + (round + 1) * 100).await;
    }
    kept_promise(&history, async { assert_eq!(drain(&alice).await, 150) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_whoever_listed_it_first() {
    let server = Server::start().await;
    let (alice, mallory, history) = two(&server).await;
    let key = alice.agent().mail_key();
    for key in [key.to_did_key(), key.to_string(), key.to_did_key_url()] {
        for add in [true, false] {
            let updated = mallory.update_keys(&[(&key, add)]).await;
            assert_eq!(updated[0].0, key, "the key is echoed as it was written");
            assert_ne!(updated[0].1, "success", "{key} {add}");
        }
    }
    let updated =
        mallory.update_keys(&[("", true), ("no key", true), (&"1".repeat(44), true)]).await;
    assert!(updated.iter().all(|(_, result)| result == "client_error"), "{updated:?}");
    send_all(&sender(&server, &history), &alice, 0..3).await;
    assert_eq!(drain(&mallory).await, 0);
    assert_eq!(drain(&alice).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn live_mode_over_http_is_a_problem() {
    let server = Server::start().await;
    let (alice, ..) = two(&server).await;
    let words = client::live_delivery_change(&V2_0, &alice.agent().id(), true);
    assert_eq!(alice.ask(&words).await, Words::Problem("e.m.live-mode-not-supported".to_owned()));
}
