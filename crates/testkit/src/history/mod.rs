//! What was accepted and what was delivered, and whether that was as promised.

mod check;
mod order;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{Heard, Item, Parcel, Words};

pub use check::Violation;

/// One socket or one request: the way on which something was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line(pub u64);

/// How a message was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As an envelope of its own.
    Bare,
    /// In a delivery that nobody had asked for.
    Pushed,
    /// In the answer to a request.
    Asked,
}

/// Everything that happened, in the order in which it did. Clones share it.
///
/// A message *leaves* when the mediator hands it to a line, and *arrives* when the recipient's program has it. Tests with real
/// sockets see only arrivals.
#[derive(Clone, Default)]
pub struct History(Arc<Mutex<Record>>);

#[derive(Default)]
struct Record {
    events: Vec<Event>,
    /// When each of them happened.
    times: Vec<Instant>,
    lines: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    Posted(Parcel),
    Accepted(Parcel),
    Left(Handover),
    Arrived(Handover),
    /// A line of this recipient broke: what had left on it may not have arrived.
    Broke {
        to: u32,
    },
    /// A line of this recipient has ended for it; the mediator may go on sending on it.
    Frays {
        to: u32,
    },
    /// This recipient is live on another line, and the mediator sends on no other.
    Replaced {
        to: u32,
    },
    /// The mediator has confirmed that this recipient acknowledged these.
    Settled {
        to: u32,
        ids: Vec<String>,
    },
}

/// A message on its way to a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Handover {
    to: u32,
    line: Line,
    parcel: Option<Parcel>,
    id: Option<String>,
    form: Form,
}

impl History {
    /// A new line.
    pub fn line(&self) -> Line {
        let mut record = self.0.lock();
        record.lines += 1;
        Line(record.lines)
    }

    /// A sender is about to post this.
    pub fn posted(&self, parcel: Parcel) {
        self.note(Event::Posted(parcel));
    }

    /// The sender was told that it is kept.
    pub fn accepted(&self, parcel: Parcel) {
        self.note(Event::Accepted(parcel));
    }

    /// The mediator has sent this towards a recipient.
    pub fn left(&self, to: u32, line: Line, heard: &Heard) {
        handovers(to, line, heard).for_each(|handover| self.note(Event::Left(handover)));
    }

    /// A recipient's program has this.
    pub fn arrived(&self, to: u32, line: Line, heard: &Heard) {
        handovers(to, line, heard).for_each(|handover| self.note(Event::Arrived(handover)));
    }

    /// A line of this recipient ended without a goodbye.
    pub fn broke(&self, to: u32) {
        self.note(Event::Broke { to });
    }

    /// A line of this recipient ended at a dock: its mediator may send on it until it is [replaced](History::replaced).
    pub fn frays(&self, to: u32) {
        self.note(Event::Frays { to });
    }

    /// A recipient is live on a new line.
    pub fn replaced(&self, to: u32) {
        self.note(Event::Replaced { to });
    }

    /// The mediator has answered an acknowledgement of these.
    pub fn settled(&self, to: u32, ids: Vec<String>) {
        self.note(Event::Settled { to, ids });
    }

    /// Messages that were accepted and have not arrived.
    pub fn missing(&self) -> Vec<Parcel> {
        check::missing(&self.0.lock().events)
    }

    /// How many messages were accepted.
    pub fn accepted_count(&self) -> usize {
        let record = self.0.lock();
        record.events.iter().filter(|event| matches!(event, Event::Accepted(_))).count()
    }

    /// Everything that is not as promised, with loss: to be asked when everything has had its time to arrive.
    pub fn violations(&self) -> Vec<Violation> {
        check::check(&self.0.lock().events)
    }

    /// Messages that arrived more than once: legal, but only where something had gone wrong.
    pub fn repeated(&self) -> Vec<Violation> {
        check::repeated(&self.0.lock().events)
    }

    /// How long each message that arrived was under way: from its first 2xx to its first arrival, or nothing if it arrived
    /// before its sender was told.
    pub fn delays(&self) -> Vec<(Parcel, Duration)> {
        let record = self.0.lock();
        check::spans(&record.events)
            .map(|(parcel, accepted, arrived)| {
                (parcel, record.times[arrived].saturating_duration_since(record.times[accepted]))
            })
            .collect()
    }

    /// The longest of the [`History::delays`].
    pub fn longest_delay(&self) -> Duration {
        self.delays().into_iter().map(|(_, delay)| delay).max().unwrap_or_default()
    }

    /// Recipients that something arrived at between these moments.
    pub fn served_between(&self, start: Instant, end: Instant) -> BTreeSet<u32> {
        let record = self.0.lock();
        let events = record.events.iter().zip(&record.times);
        let within = events.filter(|(_, time)| (start..end).contains(*time));
        let arrivals = within.filter_map(|(event, _)| match event {
            Event::Arrived(handover) => Some(handover.to),
            _ => None,
        });
        arrivals.collect()
    }

    /// The whole story with its times, to be shown when something is wrong.
    pub fn story(&self) -> String {
        let record = self.0.lock();
        let Some(start) = record.times.first() else { return String::new() };
        let line = |(event, time): (&Event, &Instant)| {
            format!("{:6} ms {event:?}\n", time.saturating_duration_since(*start).as_millis())
        };
        record.events.iter().zip(&record.times).map(line).collect()
    }

    fn note(&self, event: Event) {
        let mut record = self.0.lock();
        record.events.push(event);
        record.times.push(Instant::now());
    }
}

fn handovers(to: u32, line: Line, heard: &Heard) -> impl Iterator<Item = Handover> {
    let handover = move |parcel, id, form| Handover { to, line, parcel, id, form };
    let form = match heard {
        Heard::Words(Words::Delivery { thread: None, .. }) => Form::Pushed,
        _ => Form::Asked,
    };
    let (bare, items) = match heard {
        Heard::Mail(parcel) => (Some(handover(Some(*parcel), None, Form::Bare)), [].as_slice()),
        Heard::Words(words) => (None, words.items()),
    };
    let item = move |item: &Item| handover(item.parcel, Some(item.id.clone()), form);
    let items: Vec<Handover> = items.iter().map(item).collect();
    bare.into_iter().chain(items)
}
