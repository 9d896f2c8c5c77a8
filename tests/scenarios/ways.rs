//! The ways in which wallets pick up their mail.

use protocols::pickup::{V2_0, V4_0};
use protocols::{Dialect, client};
use testkit::{Frame, Heard, Item, Socket, Wallet, Words};

use crate::habits::numbers;

/// How a wallet gets mail on a socket.
#[derive(Clone, Copy)]
pub enum Way {
    /// Live mode: each message is pushed, and acknowledged.
    Live(&'static dyn Dialect),
    /// It asks how much waits, and for some of it.
    Requests(&'static dyn Dialect),
    /// Mail comes bare to whoever has said anything.
    Implicit,
    /// The same to whoever has asked for it.
    Noop,
    /// It asks for a batch, which nobody acknowledges.
    Batches,
}

/// All of them.
pub const EVERY_WAY: [Way; 7] = [
    Way::Live(&V2_0),
    Way::Live(&V4_0),
    Way::Requests(&V2_0),
    Way::Requests(&V4_0),
    Way::Implicit,
    Way::Noop,
    Way::Batches,
];

/// What shows that mail has arrived that nobody acknowledges.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The pong to a ping of the WebSocket behind it.
    Pongs,
    /// The answer to a trust ping behind it.
    Answers,
}

const PING: &str = "https://didcomm.org/trust_ping/1.0/ping";
const ANSWER: &str = "https://didcomm.org/trust_ping/1.0/ping_response";

/// A wallet that picks up its mail on a socket.
pub struct Pickup {
    pub wallet: Wallet,
    pub socket: Socket,
    way: Way,
    proof: Proof,
}

impl Pickup {
    /// Opens a socket where this wallet dials, and says how the mail is to come.
    pub async fn begin(wallet: Wallet, way: Way, proof: Proof) -> Self {
        let socket = wallet.dial().await;
        let mut pickup = Self { wallet, socket, way, proof };
        let id = pickup.id();
        match way {
            Way::Live(dialect) => {
                let words = client::live_delivery_change(dialect, &id, true);
                let answer = pickup.socket.ask(&words).await;
                assert!(matches!(answer, Words::Status { live: true, .. }), "{answer:?}");
            }
            Way::Implicit => drop(pickup.socket.ask(&client::ping(&id, true)).await),
            Way::Noop => pickup.socket.say(&client::noop(&id)).await,
            Way::Requests(_) | Way::Batches => {}
        }
        pickup
    }

    /// The same wallet begins anew on another socket.
    pub async fn anew(self, wallet: Wallet) -> Self {
        Self::begin(wallet, self.way, self.proof).await
    }

    /// Gets the message of this number, which is the only one there is.
    pub async fn gets(&mut self, number: u32) {
        match self.way {
            Way::Live(dialect) => self.is_pushed(dialect, number).await,
            Way::Requests(dialect) => self.asks_for(dialect, number).await,
            Way::Implicit | Way::Noop => self.hears_bare(number).await,
            Way::Batches => self.fetches(number).await,
        }
    }

    /// Waits until what it got counts as arrived.
    pub async fn settle(&mut self) {
        if matches!(self.way, Way::Live(_) | Way::Requests(_)) {
            // It was told so.
            return;
        }
        // What it said before was heard when the first is answered, and what its WebSocket says by itself when the second is.
        for _ in 0..2 {
            let ping = client::ping(&self.id(), true);
            self.socket.say(&ping).await;
            self.is_answered(&ping).await;
        }
    }

    fn id(&self) -> String {
        self.wallet.agent().id()
    }

    /// Says something and hears the answer.
    async fn asks(&mut self, words: &[u8]) -> Words {
        self.socket.say(words).await;
        self.hears(Some(client::message_id(words))).await
    }

    /// The next words that are no talk about life and no status but this request's. Where something dies, what it was asked for may be
    /// answered once more.
    async fn hears(&mut self, request: Option<String>) -> Words {
        loop {
            match self.socket.words().await {
                Words::Other { kind, text } if kind == PING => self.answers(&text).await,
                Words::Other { kind, .. } if kind == ANSWER => {}
                Words::Status { thread, .. } if thread != request => {}
                words => return words,
            }
        }
    }

    /// Hears the answer to its ping. Other talk about life may come before it.
    async fn is_answered(&mut self, ping: &[u8]) {
        let id = client::message_id(ping);
        loop {
            match self.socket.words().await {
                Words::Other { kind, text } if kind == PING => self.answers(&text).await,
                Words::Other { kind, text } if kind == ANSWER => {
                    if client::thread_id(&text).as_deref() == Some(&id) {
                        return;
                    }
                }
                other => panic!("no answer to a ping but {other:?}"),
            }
        }
    }

    async fn answers(&mut self, ping: &[u8]) {
        let answer = client::ping_response(&self.id(), &client::message_id(ping));
        self.socket.say(&answer).await;
    }

    async fn is_pushed(&mut self, dialect: &dyn Dialect, number: u32) {
        let pushed = self.hears(None).await;
        assert_eq!(numbers(pushed.items()), [number], "{pushed:?}");
        let answer = self.acknowledges(dialect, pushed.items()).await;
        assert!(matches!(answer, Words::Status { messages: 0, .. }), "{answer:?}");
    }

    async fn asks_for(&mut self, dialect: &dyn Dialect, number: u32) {
        let id = self.id();
        let waiting = self.asks(&client::status_request(dialect, &id, None)).await;
        assert!(matches!(waiting, Words::Status { messages: 1, .. }), "{waiting:?}");
        let delivered = self.asks(&client::delivery_request(dialect, &id, 10, None)).await;
        assert_eq!(numbers(delivered.items()), [number], "{delivered:?}");
        self.acknowledges(dialect, delivered.items()).await;
    }

    async fn acknowledges(&mut self, dialect: &dyn Dialect, items: &[Item]) -> Words {
        let ids: Vec<String> = items.iter().map(|item| item.id.clone()).collect();
        self.asks(&client::messages_received(dialect, &self.id(), &ids)).await
    }

    async fn hears_bare(&mut self, number: u32) {
        loop {
            match self.socket.hear().await {
                Frame::Heard(Heard::Mail(parcel)) => {
                    assert_eq!(parcel.number, number);
                    return self.proves().await;
                }
                Frame::Heard(Heard::Words(Words::Other { kind, text })) if kind == PING => {
                    self.answers(&text).await;
                }
                Frame::Heard(Heard::Words(Words::Other { kind, .. })) if kind == ANSWER => {}
                other => panic!("no bare mail but {other:?}"),
            }
        }
    }

    async fn fetches(&mut self, number: u32) {
        let batch = self.asks(&client::batch_pickup(&self.id(), 10)).await;
        assert_eq!(numbers(batch.items()), [number], "{batch:?}");
        self.proves().await;
        // What is not proven yet would come once more with the next batch.
        self.settle().await;
    }

    /// Answers the ping behind mail, unless its WebSocket does.
    async fn proves(&mut self) {
        if self.proof == Proof::Answers {
            loop {
                let Words::Other { kind, text } = self.socket.words().await else {
                    panic!("no ping behind mail")
                };
                if kind == PING {
                    return self.answers(&text).await;
                }
            }
        }
    }
}
