//! Which envelopes were seen, in one table per span of time: to forget a span is to drop its table.

use std::sync::Arc;

use parking_lot::RwLock;
use redb::{ReadTransaction, TableDefinition, TableError, TableHandle, WriteTransaction};
use store::{RecipientId, Timestamp};

use super::Outcome;
use super::rows::{Key, owner_key};
use crate::generation::{Generation, Seen};

/// Owner and dedupe hash → until when it counts as a repetition.
type Table<'a> = TableDefinition<'a, Key, u64>;

const PREFIX: &str = "remembered ";
/// Spans of one window that are alive at a time, but for one.
const SPANS_PER_WINDOW: u64 = 2;
/// Below this, spans would be many and hold little.
const SHORTEST: u64 = 60_000;

/// A span of time, in which windows end whose entries are forgotten together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    /// In milliseconds.
    width: u64,
    /// It begins at so many times its width.
    index: u64,
}

impl Span {
    fn of(seen: &Seen) -> Self {
        let window = u64::try_from(seen.window.as_millis()).unwrap_or(u64::MAX);
        let width = (window / SPANS_PER_WINDOW).max(SHORTEST);
        Self { width, index: seen.until.0 / width }
    }

    fn is_over(self, now: Timestamp) -> bool {
        self.width.saturating_mul(self.index.saturating_add(1)) <= now.0
    }

    fn name(self) -> String {
        format!("{PREFIX}{:x} {:x}", self.width, self.index)
    }

    fn parse(name: &str) -> Option<Self> {
        let (width, index) = name.strip_prefix(PREFIX)?.split_once(' ')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        Some(Self { width: number(width)?, index: number(index)? })
    }
}

/// The spans that have a table.
#[derive(Default)]
pub(crate) struct Spans(RwLock<Arc<[Span]>>);

impl Spans {
    pub(super) fn get(&self) -> Arc<[Span]> {
        self.0.read().clone()
    }

    pub(super) fn set(&self, spans: Vec<Span>) {
        *self.0.write() = spans.into();
    }

    /// Whether a span is over.
    pub(super) fn has_passed(&self, now: Timestamp) -> bool {
        self.0.read().iter().any(|span| span.is_over(now))
    }
}

/// The spans that a snapshot has.
pub(super) fn list(transaction: &ReadTransaction) -> Outcome<Vec<Span>> {
    Ok(transaction.list_tables()?.filter_map(|table| Span::parse(table.name())).collect())
}

/// Until when the envelope counts as a repetition.
pub(super) fn find(
    transaction: &ReadTransaction,
    spans: &[Span],
    owner: RecipientId,
    dedupe: [u8; 16],
) -> Outcome<Option<Timestamp>> {
    let key = (owner_key(owner), u128::from_be_bytes(dedupe));
    let mut latest = None;
    for span in spans {
        let table = match transaction.open_table(Table::new(&span.name())) {
            // The snapshot is younger than the list, or older.
            Err(TableError::TableDoesNotExist(_)) => continue,
            table => table?,
        };
        latest = latest.max(table.get(key)?.map(|until| Timestamp(until.value())));
    }
    Ok(latest)
}

/// Adds what `generation` has seen and is not forgotten at `now` already, drops the spans that are over at `now`, and returns those that remain.
pub(super) fn turn(
    transaction: &WriteTransaction,
    spans: &[Span],
    generation: &Generation,
    now: Timestamp,
) -> Outcome<Vec<Span>> {
    let mut entries: Vec<_> = generation
        .remembered
        .iter()
        .filter(|(_, seen)| seen.until > now)
        .map(|((owner, dedupe), seen)| {
            (Span::of(seen), (owner_key(*owner), u128::from_be_bytes(*dedupe)), seen.until.0)
        })
        .collect();
    entries.sort_unstable();
    let mut remaining = spans.to_vec();
    for of_span in entries.chunk_by(|one, other| one.0 == other.0) {
        let span = of_span[0].0;
        let mut table = transaction.open_table(Table::new(&span.name()))?;
        for (_, key, until) in of_span {
            table.insert(*key, *until)?;
        }
        remaining.push(span);
    }
    remaining.sort_unstable();
    remaining.dedup();
    for span in remaining.extract_if(.., |span| span.is_over(now)) {
        transaction.delete_table(Table::new(&span.name()))?;
    }
    Ok(remaining)
}
