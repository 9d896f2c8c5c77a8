//! Wallets that hold a socket, or open one to fetch what waits.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use protocols::{client, pickup};
use simulated::{Heard, Item, Words};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::ledger::Ledger;
use crate::plan::Pickup;
use crate::trouble::Trouble;
use crate::wallet::{Tools, Wallet};
use crate::wire::{Ended, Line};

/// Messages that Credo asks for at a time.
const BATCH: i64 = 10;

/// A wallet whose socket ended comes back after this, and after twice as long each time that fails.
const BACK_AFTER: Duration = Duration::from_millis(100);

/// It never waits longer than this.
const BACK_AFTER_AT_MOST: Duration = Duration::from_secs(5);

/// A wallet with implicit pickup that is handed nothing for so long is through, or has to say something to be handed more.
const NOTHING_MORE_AFTER: Duration = Duration::from_millis(200);

/// What is asked of the mediator here.
const WHAT: &str = "a wallet that wants its mail";

/// A wallet and what it fetches its mail with.
#[derive(Clone)]
pub(crate) struct Listener {
    /// The wallet.
    pub wallet: Arc<Wallet>,
    /// How it fetches.
    pub pickup: Pickup,
    /// What it reaches its mediator with.
    pub tools: Tools,
    /// Where its mail is noted.
    pub ledger: Arc<Ledger>,
}

impl From<Ended> for Trouble {
    fn from(_: Ended) -> Self {
        Self::Odd { what: WHAT, got: "the end of the socket".to_owned() }
    }
}

impl Listener {
    /// Opens a socket that mail is pushed on.
    ///
    /// # Errors
    /// If nobody is there, or has another idea of it.
    pub async fn go_live(&self) -> Result<Line, Trouble> {
        let mut line = self.dial().await?;
        let id = self.wallet.agent.id();
        let words = match self.pickup {
            Pickup::Acknowledged => client::live_delivery_change(&pickup::V2_0, &id, true),
            Pickup::Implicit => client::ping(&id, true),
        };
        self.say(&mut line, &words).await?;
        // Mail that waits may come before the answer.
        while !self.is_agreed(&mut line).await? {}
        Ok(line)
    }

    /// Listens on this line, and on others after it when it ends, until `leave`.
    pub async fn listen(self, line: Line, leave: CancellationToken) {
        let (mut line, mut back_after) = (Some(line), BACK_AFTER);
        loop {
            if let Some(line) = line.take() {
                self.ledger.goes_live(self.wallet.agent.number);
                let left = self.attend(line, &leave).await;
                self.ledger.leaves(self.wallet.agent.number);
                if left {
                    return;
                }
                self.ledger.socket_lost();
            }
            tokio::select! {
                () = sleep(back_after) => {}
                () = leave.cancelled() => return,
            }
            match self.go_live().await {
                Ok(new) => (line, back_after) = (Some(new), BACK_AFTER),
                Err(_) => back_after = (2 * back_after).min(BACK_AFTER_AT_MOST),
            }
        }
    }

    /// Opens a socket, fetches everything that waits, and leaves.
    ///
    /// # Errors
    /// If it cannot, or what was accepted for it does not come.
    pub async fn drain(&self) -> Result<(), Trouble> {
        let line = match self.pickup {
            Pickup::Acknowledged => self.drain_by_ten().await?,
            Pickup::Implicit => self.drain_implicitly().await?,
        };
        line.leave(|envelope| drop(self.read(envelope))).await;
        Ok(())
    }

    async fn drain_by_ten(&self) -> Result<Line, Trouble> {
        let mut line = self.dial().await?;
        self.ask_for_more(&mut line).await?;
        loop {
            match self.hear(&mut line, self.tools.patience).await? {
                Some(Words::Status { messages: 0, .. }) => return Ok(line),
                Some(Words::Problem(code)) => return Err(Trouble::Declined { what: WHAT, code }),
                Some(words) => self.answer(&mut line, &words).await?,
                None => {}
            }
        }
    }

    /// Some mediators hand out everything at once, ACA-Py one message for each that it hears and need not answer.
    async fn drain_implicitly(&self) -> Result<Line, Trouble> {
        let mut line = self.go_live().await?;
        let (mut one_by_one, mut last) = (false, Instant::now());
        loop {
            let heard = self.hear(&mut line, NOTHING_MORE_AFTER).await;
            let is_owed = self.ledger.owed(self.wallet.agent.number) > 0;
            match heard {
                Ok(_) => last = Instant::now(),
                Err(Trouble::Silent { .. }) if !is_owed => return Ok(line),
                Err(Trouble::Silent { .. }) if last.elapsed() < self.tools.patience => {
                    one_by_one = true;
                }
                Err(trouble) => return Err(trouble),
            }
            if one_by_one && is_owed {
                self.say(&mut line, &client::ping(&self.wallet.agent.id(), false)).await?;
            }
        }
    }

    /// Takes what comes. Whether it was told to leave; else the socket ended.
    async fn attend(&self, mut line: Line, leave: &CancellationToken) -> bool {
        loop {
            let envelope = tokio::select! {
                envelope = line.hear() => envelope,
                () = leave.cancelled() => {
                    line.leave(|envelope| drop(self.read(envelope))).await;
                    return true;
                }
            };
            let Ok(envelope) = envelope else { return false };
            let Some(words) = self.read(&envelope) else { continue };
            if self.answer(&mut line, &words).await.is_err() {
                return false;
            }
        }
    }

    /// Whether the next envelope says that mail will be pushed.
    async fn is_agreed(&self, line: &mut Line) -> Result<bool, Trouble> {
        let Some(words) = self.hear(line, self.tools.patience).await? else { return Ok(false) };
        if let Words::Problem(code) = words {
            return Err(Trouble::Declined { what: WHAT, code });
        }
        self.answer(line, &words).await?;
        Ok(match (self.pickup, words) {
            (Pickup::Acknowledged, Words::Status { .. }) => true,
            (Pickup::Implicit, Words::Other { kind, .. }) => kind.ends_with("/ping_response"),
            _ => false,
        })
    }

    /// Acknowledges mail, and asks for more where there is some, as Credo does.
    async fn answer(&self, line: &mut Line, words: &Words) -> Result<(), Ended> {
        match words {
            Words::Status { messages: 1.., .. } => self.ask_for_more(line).await,
            Words::Delivery { items, .. } => self.acknowledge(line, items).await,
            _ => Ok(()),
        }
    }

    async fn acknowledge(&self, line: &mut Line, items: &[Item]) -> Result<(), Ended> {
        let ids: Vec<String> = items.iter().map(|item| item.id.clone()).collect();
        let id = self.wallet.agent.id();
        self.say(line, &client::messages_received(&pickup::V2_0, &id, &ids)).await
    }

    async fn ask_for_more(&self, line: &mut Line) -> Result<(), Ended> {
        let id = self.wallet.agent.id();
        self.say(line, &client::delivery_request(&pickup::V2_0, &id, BATCH, None)).await
    }

    async fn say(&self, line: &mut Line, words: &[u8]) -> Result<(), Ended> {
        line.send(&self.wallet.agent.seal(words)).await
    }

    async fn dial(&self) -> Result<Line, Trouble> {
        let to = self.wallet.home.socket()?;
        self.tools.dialer.dial(&to, self.wallet.agent.number).await
    }

    async fn hear(&self, line: &mut Line, patience: Duration) -> Result<Option<Words>, Trouble> {
        let silent = |_| Trouble::Silent { what: WHAT, after: patience };
        let envelope = timeout(patience, line.hear()).await.map_err(silent)??;
        Ok(self.read(&envelope))
    }

    /// Reads an envelope and notes its mail. `None` if it is bare mail, or nothing for this wallet.
    fn read(&self, envelope: &Bytes) -> Option<Words> {
        let number = self.wallet.agent.number;
        match self.wallet.agent.read(envelope) {
            Ok(Heard::Mail(parcel)) => self.ledger.arrived(number, Some(parcel)),
            Ok(Heard::Words(words)) => {
                words.items().iter().for_each(|item| self.ledger.arrived(number, item.parcel));
                return Some(words);
            }
            Err(_) => self.ledger.arrived(number, None),
        }
        None
    }
}
