//! Every step of one wallet may meet another instance.

use protocols::Handshake;
use testkit::{History, Wallet, Words};

use super::engine::{Engine, sender_at};
use super::with_every_engine;
use crate::habits::{delivery, kept_promise, numbers, received, send_all, status};

pub async fn each_step_of_a_wallet_meets_another_instance(engine: Engine) {
    let fleet = engine.fleet(3).await;
    let places = fleet.addresses();
    let history = History::default();
    for (number, handshake) in (0..).zip([Handshake::Connections, Handshake::DidExchange11]) {
        let mut turns = (0..).map(|turn: usize| places[(turn + number as usize) % places.len()]);
        let mut next = || turns.next().expect("there is always a next instance");
        let wallet = Wallet::stranger(next(), number, &history);
        wallet.connect(handshake, None).await;
        wallet.by_way_of(next()).be_granted().await;
        wallet.by_way_of(next()).list_key().await;
        send_all(&sender_at(next(), &history), &wallet, 0..3).await;
        let waiting = wallet.by_way_of(next()).ask(&status(&wallet)).await;
        assert!(matches!(waiting, Words::Status { messages: 3, .. }), "{waiting:?}");
        let mail = wallet.by_way_of(next()).ask(&delivery(&wallet, 10)).await;
        assert_eq!(numbers(mail.items()), [0, 1, 2]);
        let left = wallet.by_way_of(next()).ask(&received(&wallet, mail.items())).await;
        assert!(matches!(left, Words::Status { messages: 0, .. }), "{left:?}");
    }
    kept_promise(&history, async {}).await;
    assert_eq!(history.repeated(), []);
}

async fn all_instances_show_the_same_invitation(engine: Engine) {
    let settings = ["listen.public_url=https://mediator.example.org"];
    let fleet = testkit::Fleet::start(2, &engine.options(&settings)).await;
    let history = History::default();
    let one = Wallet::stranger(fleet[0].address(), 1, &history);
    let other = one.by_way_of(fleet[1].address());
    assert_eq!(one.invitation().await, other.invitation().await);
}

with_every_engine!(
    each_step_of_a_wallet_meets_another_instance,
    all_instances_show_the_same_invitation,
);
