//! Mail, until its owner acknowledged it.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use didcomm::Destination;

use crate::{Epoch, Position, RecipientId, Result, Timestamp, Watch};

/// One mailbox per recipient. The product's guarantees 1 to 5 rest on this trait.
///
/// # Order
///
/// Positions are given in the order in which appends become durable: if one append returned before another began,
/// its position is smaller. A position becomes visible only when every smaller position that will ever
/// be visible in that mailbox may still appear *behind* it for a reader: engines whose commits become visible out of
/// order (PostgreSQL sequences do that) must therefore be read from the start of the mailbox, skipping what is in
/// flight, never "past the last one seen". [`Mailbox::peek`] and [`Mailbox::lease`] are defined that way for all.
///
/// # In flight
///
/// A message that was handed to a [`Holder`] is *in flight* until that holder's lease runs out or ends. What is in flight is not
/// counted by [`Mailbox::depth`], nor given by [`Mailbox::peek`] or to a request. The state lives in the store, because a
/// request may reach any instance; it need not survive the engine. A lease has run out as soon as the clock shows its `until`; a
/// later renewal revives nothing.
///
/// # Readers
///
/// The sessions that read a mailbox are its *readers*: those that called [`Mailbox::watch`], and have neither left nor been
/// displaced. There is one, unless they [share](Company::Shared) the mailbox; then each of them is given every message once.
/// So a reader is given what no request, no former reader and not itself has in flight; what other readers have hides
/// nothing from it.
///
/// The marks of a session end when it is no longer a reader: at once, or after a while if whoever ended it said so ([`Manner::linger`],
/// [`Mailbox::release`]), because its wallet may still be busy with them. They are void while its instance is dead
/// ([`Presence`](crate::Presence)). Marks of requests stand until they run out or are released.
#[async_trait]
pub trait Mailbox: Send + Sync {
    /// Keeps `letter` for `owner`. When this returns [`Appended::Stored`] the letter is durable (as the engine's settings
    /// promise), visible to readers, and a watching session has been rung, wherever it is.
    ///
    /// Dedupe, sequence, append, expiry, quota and wake are one atomic act. A letter whose `dedupe` was appended
    /// before, with a window that has not passed, is a [`Appended::Duplicate`], even after it was acknowledged.
    ///
    /// # Errors
    /// [`StoreError::Full`](crate::StoreError::Full) and [`StoreError::Unavailable`](crate::StoreError::Unavailable);
    /// after the latter the letter may have been kept, and a retry is deduplicated.
    async fn append(&self, owner: RecipientId, letter: Letter) -> Result<Appended>;

    /// The oldest mail that is not in flight, in order, within `demand`. Marks nothing: a second call gives the same again.
    async fn peek(&self, owner: RecipientId, demand: &Demand) -> Result<Vec<Mail>>;

    /// The oldest mail that `holder` may be given, in order, within `demand`; it is in flight for `holder` from then on. All marks
    /// of this holder now last until `until`, older ones too: a lease with a `demand` of nothing renews.
    ///
    /// # Errors
    /// [`StoreError::Displaced`](crate::StoreError::Displaced) if `holder` is a session that is no reader of the mailbox: a
    /// newer one watches, its [`Watch`] was dropped or released, or it never had one. A session watches first, then leases.
    async fn lease(
        &self,
        owner: RecipientId,
        holder: Holder,
        until: Timestamp,
        demand: &Demand,
    ) -> Result<Vec<Mail>>;

    /// Removes these messages for good, in flight or not, and says how many there were. Unknown ids and ids of other mailboxes are
    /// passed over. Need not be durable before it returns: a crash may bring them back.
    ///
    /// `by` is the session that heard the acknowledgement. Other readers that had some of these in flight are rung (the wallet
    /// acknowledged over HTTP, perhaps to another instance): their windows have room again.
    async fn acknowledge(
        &self,
        owner: RecipientId,
        ids: &[Position],
        by: Option<Epoch>,
    ) -> Result<usize>;

    /// Ends all marks of `holder`, after `linger` or when they run out, if that is sooner. With a linger of zero, what it did not
    /// acknowledge is at its old place again now, and whoever watches is rung; nobody is when a longer one has passed. A session
    /// also stops being a reader, at once. Unknown holders are passed over.
    async fn release(&self, owner: RecipientId, holder: Holder, linger: Duration) -> Result<()>;

    /// What waits and is not in flight; with `key`, only what was forwarded to that key.
    async fn depth(&self, owner: RecipientId, key: Option<&Destination>) -> Result<Depth>;

    /// Makes the session with this epoch a reader of the mailbox and returns its bell. Whom it displaces hears
    /// [`Notice::Displaced`](crate::Notice::Displaced).
    ///
    /// The bell carries no mail and may ring without reason. A store over an engine that can lose a wake looks through all
    /// mailboxes that are watched in its process, in batches, every minute at least and whenever it may have missed something:
    /// so long may a bell be late.
    ///
    /// # Errors
    /// [`StoreError::Displaced`](crate::StoreError::Displaced) if a newer epoch already reads here and one of both is
    /// [alone](Company::Alone).
    async fn watch(&self, owner: RecipientId, epoch: Epoch, manner: Manner) -> Result<Watch>;

    /// Removes mail whose time has passed at `now`, in flight or not, at most `limit` messages, and returns how many it
    /// removed. Less than `limit` means that it is done. Dedupe entries whose window has passed go along at the
    /// store's own pace.
    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize>;
}

/// What is put into a mailbox.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The sealed envelope, exactly as it will be handed out.
    pub envelope: Bytes,
    /// The key or DID it was forwarded to; filters of pickup 2.0 go by it.
    pub destination: Destination,
    /// Tells a retry of the same envelope from a new one: a hash of the inner envelope's own strings.
    pub dedupe: [u8; 16],
    /// Now, by the clock of the instance that took it.
    pub received: Timestamp,
    /// When it may be thrown away unread.
    pub expires: Timestamp,
    /// For how long `dedupe` is remembered, also after the letter is gone.
    pub dedupe_window: Duration,
    /// How much this mailbox may hold.
    pub quota: Quota,
}

/// How much a mailbox may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Messages, in flight or not.
    pub messages: u64,
    /// Bytes of their envelopes.
    pub bytes: u64,
}

impl Quota {
    /// More than there ever is.
    pub const BOUNDLESS: Self = Self { messages: u64::MAX, bytes: u64::MAX };
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is kept.
    Stored {
        /// Its place and id.
        position: Position,
        /// Whether a session may be watching. A hint to decide on a push, never a proof of delivery.
        watched: bool,
    },
    /// It had been kept before; nothing changed.
    Duplicate,
    /// The mailbox has reached its [`Quota`]; nothing changed.
    MailboxFull,
}

/// A message as it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its place and pickup id.
    pub position: Position,
    /// The sealed envelope.
    pub envelope: Bytes,
    /// Where it was forwarded to.
    pub destination: Destination,
    /// When it was accepted.
    pub received: Timestamp,
}

/// How much mail is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// At most so many messages; 0 asks for none.
    pub messages: usize,
    /// At most so many bytes of envelopes, but always one message if there is one and `messages` allows.
    pub bytes: usize,
    /// Only what was forwarded to this key.
    pub key: Option<Destination>,
    /// For a lease: no more than so many in flight with this holder in all, those it had before included.
    pub window: usize,
}

impl Demand {
    /// Nothing at all: turns a lease into its renewal.
    pub const NOTHING: Self = Self { messages: 0, bytes: 0, key: None, window: usize::MAX };

    /// Up to `messages` of any key within `bytes`.
    pub fn of(messages: usize, bytes: usize) -> Self {
        Self { messages, bytes, key: None, window: usize::MAX }
    }
}

/// How a session takes up reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// Whether others may go on.
    pub company: Company,
    /// How long what a displaced session has in flight stays so, at most.
    pub linger: Duration,
}

impl Manner {
    /// Alone, and everything is available at once.
    pub const ALONE: Self = Self { company: Company::Alone, linger: Duration::ZERO };
    /// With others. Nobody is displaced, so nothing lingers.
    pub const SHARED: Self = Self { company: Company::Shared, linger: Duration::ZERO };
}

/// Whether a mailbox is read by one session or by several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// All others are displaced.
    Alone,
    /// Others that share stay, and each gets every message.
    Shared,
}

/// Who has mail in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// The session of this epoch.
    Session(Epoch),
    /// One request and its response; the number is random.
    Request(u64),
}

/// What waits in a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Messages.
    pub messages: u64,
    /// Bytes of their envelopes.
    pub bytes: u64,
    /// When the oldest of them was accepted.
    pub oldest: Option<Timestamp>,
    /// When the newest of them was accepted.
    pub newest: Option<Timestamp>,
}
