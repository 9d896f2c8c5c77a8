//! Mail before, while and after an engine loses something.

use std::ops::Range;
use std::sync::Arc;

use protocols::client;
use protocols::pickup::V2_0;
use testkit::{Fleet, Frame, History, Parcel, Posted, ServerOptions, Violation, Wallet, Words};
use tokio::task::JoinHandle;

use super::super::engine::{joined, post, sender_at};
use crate::habits::{delivery, listening, numbers, received, send_all, until};

/// Mail that the engine has kept for long when something happens to it.
pub const OLD: Range<u32> = 0..5;

/// What was accepted in the last moments before that.
pub const RECENT: Range<u32> = 5..10;

/// Some of both, which the reader looks at before it happens: it knows them by their ids.
const SEEN: Range<u32> = 0..8;

/// What comes afterwards.
const NEW: Range<u32> = 10..15;

/// Mail may be asked for again at once, and a sender is let go after a moment.
const SETTINGS: [&str; 3] =
    ["pickup.delivery_lease=1ms", "pickup.linger=1ms", "mailbox.store_patience=2s"];

/// More than there ever is.
const ALL: i64 = 100;

/// Two instances, and two wallets that both get all mail: one is live, the other fetches it at the end.
pub struct Scene {
    history: History,
    sender: Wallet,
    reader: Arc<Wallet>,
    live: Arc<Wallet>,
    listening: JoinHandle<Frame>,
    /// The ids of [`SEEN`].
    ids: Vec<String>,
    _fleet: Fleet,
}

impl Scene {
    /// Sets it up to where the old mail is accepted. The instances say which row of the table holds.
    pub async fn set(options: ServerOptions, row: &str) -> Self {
        let fleet = Fleet::start(2, &options.and(&SETTINGS)).await;
        for place in 0..fleet.len() {
            let log = fleet[place].log();
            assert!(log.contains(row), "{row} is not said:\n{log}");
        }
        let history = History::default();
        let reader = joined(fleet[0].address(), 1, &history).await;
        let live = joined(fleet[0].address(), 2, &history).await;
        let sender = sender_at(fleet[1].address(), &history);
        let listening = listening(&live).await;
        let scene =
            Self { history, sender, reader, live, listening, ids: Vec::new(), _fleet: fleet };
        scene.accepts(OLD).await;
        scene
    }

    /// The last moments: some more mail is accepted, and the reader has a look at its mailbox.
    pub async fn accepts_recent(&mut self) {
        self.accepts(RECENT).await;
        let words = self.reader.ask(&delivery(&self.reader, SEEN.len() as i64)).await;
        assert_eq!(numbers(words.items()), SEEN.collect::<Vec<_>>());
        self.ids = words.items().iter().map(|item| item.id.clone()).collect();
    }

    /// Recent mail for the reader is handed in, and its sender hears nothing.
    pub async fn accepts_nothing(&self) {
        assert_eq!(post(&self.sender, &self.reader, RECENT.start).await, Posted::Cut);
    }

    /// Recent mail is handed in until it is accepted.
    pub async fn accepts_recent_at_last(&self) {
        self.accepts_at_last(RECENT).await;
    }

    /// New mail comes. Of what had been accepted, all is kept but this, and the reader's ids of it are void.
    pub async fn ends_without(self, lost: Range<u32>) {
        self.accepts_at_last(NEW).await;
        let kept: Vec<u32> = (OLD.start..NEW.end).filter(|number| !lost.contains(number)).collect();
        let void = SEEN.zip(&self.ids).filter(|(number, _)| lost.contains(number));
        let void: Vec<String> = void.map(|(_, id)| id.clone()).collect();
        assert_eq!(self.acknowledges(&void).await, kept.len() as u64, "an old id names new mail");
        let words = self.reader.ask(&delivery(&self.reader, ALL)).await;
        assert_eq!(numbers(words.items()), kept);
        self.reader.ask(&received(&self.reader, words.items())).await;
        self.until_live_has_all().await;
        assert!(!self.listening.is_finished(), "sockets stay open");
        let to = self.reader.agent().number;
        let unseen = lost.filter(|number| !SEEN.contains(number));
        let lost: Vec<_> = unseen.map(|number| Violation::Lost(Parcel { to, number })).collect();
        assert_eq!(self.history.violations(), lost, "{}", self.history.story());
        self.listening.abort();
    }

    /// New mail comes, and all is kept.
    pub async fn ends_with_all(self) {
        self.ends_without(0..0).await;
    }

    /// Sends these to both wallets; the live one has them at once.
    async fn accepts(&self, numbers: Range<u32>) {
        send_all(&self.sender, &self.reader, numbers.clone()).await;
        send_all(&self.sender, &self.live, numbers).await;
        self.until_live_has_all().await;
    }

    /// Sends these to both wallets, however long nobody takes them.
    async fn accepts_at_last(&self, numbers: Range<u32>) {
        for wallet in [&self.reader, &self.live] {
            for number in numbers.clone() {
                let takes = async || post(&self.sender, wallet, number).await == Posted::Accepted;
                until("mail is taken again", takes).await;
            }
        }
    }

    /// The reader acknowledges these, and hears how much is left.
    async fn acknowledges(&self, ids: &[String]) -> u64 {
        let words = client::messages_received(&V2_0, &self.reader.agent().id(), ids);
        match self.reader.ask(&words).await {
            Words::Status { messages, .. } => messages,
            other => panic!("an acknowledgement was answered with {other:?}"),
        }
    }

    async fn until_live_has_all(&self) {
        let to = self.live.agent().number;
        let all_came = async || self.history.missing().iter().all(|parcel| parcel.to != to);
        until("the live wallet has all", all_came).await;
    }
}
