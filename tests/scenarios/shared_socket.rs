//! Several recipients on one socket: each gets its own mail there, and no other.

use futures_util::{SinkExt, StreamExt};
use protocols::client;
use protocols::pickup::V2_0;
use testkit::{Heard, History, Server, Wallet, Words};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::habits::{COMES_WITHIN, numbers, received, send_all, sender};

const MESSAGES: u32 = 20;

/// What one of them has got so far.
struct Guest {
    wallet: Wallet,
    got: Vec<u32>,
    is_live: bool,
}

impl Guest {
    async fn join(server: &Server, number: u32, history: &History) -> Self {
        Self {
            wallet: Wallet::join(server, number, history).await,
            got: Vec::new(),
            is_live: false,
        }
    }

    fn goes_live(&self) -> Message {
        self.says(&client::live_delivery_change(&V2_0, &self.wallet.agent().id(), true))
    }

    fn says(&self, words: &[u8]) -> Message {
        let envelope = self.wallet.agent().seal(words);
        Message::text(String::from_utf8(envelope.to_vec()).expect("an envelope is text"))
    }

    /// What it answers, if the frame is for it.
    fn hears(&mut self, frame: &[u8]) -> Option<Option<Message>> {
        let Ok(Heard::Words(words)) = self.wallet.agent().read(frame) else { return None };
        Some(match words {
            Words::Delivery { items, .. } => {
                self.got.extend(numbers(&items));
                Some(self.says(&received(&self.wallet, &items)))
            }
            Words::Status { live, .. } => {
                self.is_live |= live;
                None
            }
            other => panic!("a live wallet heard {other:?}"),
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_live_wallets_on_one_socket_each_get_their_own_mail_once_and_in_order() {
    let server = Server::start().await;
    let history = History::default();
    let mut guests =
        [Guest::join(&server, 1, &history).await, Guest::join(&server, 2, &history).await];
    let url = format!("ws://{}/", server.address());
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.expect("a socket");
    for guest in &guests {
        socket.send(guest.goes_live()).await.expect("it is taken");
    }
    let post = sender(&server, &history);
    let mut sent = false;
    while guests.iter().any(|guest| guest.got.len() < MESSAGES as usize) {
        if !sent && guests.iter().all(|guest| guest.is_live) {
            send_all(&post, &guests[0].wallet, 0..MESSAGES).await;
            send_all(&post, &guests[1].wallet, 100..100 + MESSAGES).await;
            sent = true;
        }
        let frame = timeout(COMES_WITHIN, socket.next()).await.expect("in time").expect("open");
        let Message::Text(text) = frame.expect("a frame") else { continue };
        let answer = guests.iter_mut().find_map(|guest| guest.hears(text.as_bytes()));
        if let Some(answer) = answer.expect("each frame is for one of them") {
            socket.send(answer).await.expect("it is taken");
        }
    }
    assert_eq!(guests[0].got, (0..MESSAGES).collect::<Vec<_>>());
    assert_eq!(guests[1].got, (100..100 + MESSAGES).collect::<Vec<_>>());
}
