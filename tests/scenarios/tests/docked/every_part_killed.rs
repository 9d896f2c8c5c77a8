//! Wallets pick up their mail in every way there is, while each part between them and it dies in its turn.

use futures_util::future::join_all;
use testkit::{History, Wallet};

use crate::habits::{kept_promise, send_all};
use crate::pier::{Engine, Pier};
use crate::ways::{EVERY_WAY, Pickup};

/// Messages for each wallet between two deaths.
const MESSAGES: u32 = 5;

struct Scene {
    pier: Pier,
    pickups: Vec<Pickup>,
    history: History,
    sent: u32,
}

impl Scene {
    async fn set(pier: Pier) -> Self {
        let history = History::default();
        let wallets = pier.wallets(EVERY_WAY.len() as u32, &history).await;
        let (place, proof) = (pier.places()[0], pier.proof());
        let pairs = wallets.iter().zip(EVERY_WAY);
        let begin = pairs.map(|(wallet, way)| Pickup::begin(at(wallet, place), way, proof));
        let pickups = join_all(begin).await;
        Self { pier, pickups, history, sent: 0 }
    }

    /// Everybody gets some mail, one message after the other, each at once.
    async fn goes_on(&mut self) {
        let gate = self.pier.gates().pop().expect("a gate");
        let sender = &Wallet::stranger(gate, 99, &self.history);
        let numbers = self.sent..self.sent + MESSAGES;
        let gets = self.pickups.iter_mut().map(async |pickup| {
            for number in numbers.clone() {
                send_all(sender, &pickup.wallet, number..number + 1).await;
                pickup.gets(number).await;
            }
            pickup.settle().await;
        });
        join_all(gets).await;
        self.sent = numbers.end;
    }

    /// The first mediator dies; it comes back if it is the only one.
    async fn loses_a_mediator(&mut self) {
        self.pier.mediators[0].kill();
        if self.pier.mediators.len() == 1 {
            self.pier.mediators[0].start_again().await;
        }
    }

    /// The dock where everybody is dies, and comes back if it is the only one. Its wallets dial the last.
    async fn loses_its_dock(&mut self) {
        self.pier.docks[0].kill();
        if self.pier.docks.len() == 1 {
            self.pier.docks[0].start_again().await;
        }
        let place = self.pier.places().pop().expect("a dock");
        let again = std::mem::take(&mut self.pickups).into_iter().map(async |mut pickup| {
            pickup.socket.end().await;
            let wallet = at(&pickup.wallet, place);
            pickup.anew(wallet).await
        });
        self.pickups = join_all(again).await;
    }
}

fn at(wallet: &Wallet, place: std::net::SocketAddr) -> Wallet {
    wallet.by_way_of(place)
}

async fn each_message_comes_once(pier: Pier) {
    let mut scene = Scene::set(pier).await;
    scene.goes_on().await;
    scene.loses_a_mediator().await;
    scene.goes_on().await;
    scene.loses_its_dock().await;
    scene.goes_on().await;
    kept_promise(&scene.history, async {}).await;
    assert_eq!(scene.history.repeated(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_dock_before_one_mediator() {
    each_message_comes_once(Pier::signed(1, 1).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_docks_before_one_mediator() {
    each_message_comes_once(Pier::signed(2, 1).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_docks_before_two_mediators() {
    each_message_comes_once(Pier::signed(2, 2).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_docks_and_two_cores_on_one_redis() {
    each_message_comes_once(Pier::native(Engine::redis().await, 2, 2, &[]).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_docks_and_two_cores_on_a_cluster() {
    each_message_comes_once(Pier::native(Engine::cluster().await, 2, 2, &[]).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_docks_and_two_cores_on_postgresql() {
    each_message_comes_once(Pier::native(Engine::postgres().await, 2, 2, &[]).await).await;
}
