//! The guarantees, as questions to a history.

use std::collections::{HashMap, HashSet};

use super::{Event, Form, Handover, Line, order};
use crate::Parcel;

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// Accepted, and never delivered.
    Lost(Parcel),
    /// Delivered to somebody else, or never sent by anybody.
    Misdelivered {
        /// Who got it.
        to: u32,
        /// What it was, if it was a parcel.
        parcel: Option<Parcel>,
    },
    /// `earlier` was accepted before `later` was posted, and yet delivered after it.
    OutOfOrder {
        /// Accepted first, delivered last.
        earlier: Parcel,
        /// The other.
        later: Parcel,
    },
    /// Pushed on a line on which it had been handed over before.
    PushedAgain {
        /// The socket.
        line: Line,
        /// The message.
        parcel: Parcel,
    },
    /// The same message under two ids: ids are not stable, or it was kept twice.
    TwoIds(Parcel),
    /// Two messages under the same id.
    OneIdForTwo(String),
    /// Handed over after the mediator had confirmed its acknowledgement.
    BackFromTheDead {
        /// Whose it is.
        to: u32,
        /// Its pickup id.
        id: String,
    },
    /// Arrived more than once.
    Repeated(Parcel),
    /// Still in the mailbox, although its owner has acknowledged everything.
    LeftBehind {
        /// Whose mailbox it is.
        to: u32,
        /// How much is there.
        messages: usize,
    },
    /// Something did not come to an end.
    Stuck(String),
}

pub(super) fn check(events: &[Event]) -> Vec<Violation> {
    let mut violations: Vec<Violation> = missing(events).into_iter().map(Violation::Lost).collect();
    violations.extend(misdelivered(events));
    violations.extend(order::out_of_order(events));
    violations.extend(pushed_again(events));
    violations.extend(unstable_ids(events));
    violations.extend(back_from_the_dead(events));
    violations
}

pub(super) fn missing(events: &[Event]) -> Vec<Parcel> {
    let arrived: HashSet<Parcel> =
        arrivals(events).filter_map(|handover| handover.parcel).collect();
    let accepted = events.iter().filter_map(|event| match event {
        Event::Accepted(parcel) => Some(*parcel),
        _ => None,
    });
    let mut missing: Vec<Parcel> = accepted.filter(|parcel| !arrived.contains(parcel)).collect();
    missing.dedup();
    missing
}

/// The places of the first acceptance and the first arrival of each message that has both.
pub(super) fn spans(events: &[Event]) -> impl Iterator<Item = (Parcel, usize, usize)> {
    let mut arrived: HashMap<Parcel, usize> = HashMap::new();
    for (place, event) in events.iter().enumerate() {
        if let Event::Arrived(Handover { parcel: Some(parcel), .. }) = event {
            arrived.entry(*parcel).or_insert(place);
        }
    }
    let sendings = sendings(events);
    sendings.into_iter().filter_map(move |(parcel, sending)| {
        Some((parcel, sending.accepted?, *arrived.get(&parcel)?))
    })
}

pub(super) fn repeated(events: &[Event]) -> Vec<Violation> {
    let mut seen = HashSet::new();
    let parcels = arrivals(events).filter_map(|handover| handover.parcel);
    parcels.filter(|parcel| !seen.insert(*parcel)).map(Violation::Repeated).collect()
}

fn arrivals(events: &[Event]) -> impl Iterator<Item = &Handover> {
    events.iter().filter_map(|event| match event {
        Event::Arrived(handover) => Some(handover),
        _ => None,
    })
}

/// Every handing over: departures on lines whose departures are known, else arrivals.
fn deliveries(events: &[Event]) -> impl Iterator<Item = &Handover> {
    placed_deliveries(events).map(|(_, handover)| handover)
}

/// The same with their places in the history.
pub(super) fn placed_deliveries(events: &[Event]) -> impl Iterator<Item = (usize, &Handover)> {
    let left = |event: &Event| match event {
        Event::Left(handover) => Some(handover.line),
        _ => None,
    };
    let watched: HashSet<Line> = events.iter().filter_map(left).collect();
    events.iter().enumerate().filter_map(move |(place, event)| match event {
        Event::Left(handover) => Some((place, handover)),
        Event::Arrived(handover) if !watched.contains(&handover.line) => Some((place, handover)),
        _ => None,
    })
}

fn misdelivered(events: &[Event]) -> Vec<Violation> {
    let mut posted = HashSet::new();
    let mut violations = Vec::new();
    for event in events {
        let (Event::Left(handover) | Event::Arrived(handover)) = event else {
            if let Event::Posted(parcel) = event {
                posted.insert(*parcel);
            }
            continue;
        };
        let Handover { to, parcel, .. } = *handover;
        if !parcel.is_some_and(|parcel| parcel.to == to && posted.contains(&parcel)) {
            violations.push(Violation::Misdelivered { to, parcel });
        }
    }
    violations
}

/// When a message was posted first and when it was accepted first: places in the history.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    pub posted: usize,
    pub accepted: Option<usize>,
}

pub(super) fn sendings(events: &[Event]) -> HashMap<Parcel, Sending> {
    let mut sendings: HashMap<Parcel, Sending> = HashMap::new();
    for (place, event) in events.iter().enumerate() {
        match event {
            Event::Posted(parcel) => {
                sendings.entry(*parcel).or_insert(Sending { posted: place, accepted: None });
            }
            Event::Accepted(parcel) => {
                if let Some(sending) = sendings.get_mut(parcel) {
                    sending.accepted.get_or_insert(place);
                }
            }
            _ => {}
        }
    }
    sendings
}

/// Guarantee 3: no live push repeats a message on the same socket.
fn pushed_again(events: &[Event]) -> Vec<Violation> {
    let mut handed = HashSet::new();
    let mut violations = Vec::new();
    for handover in deliveries(events) {
        let Some(parcel) = handover.parcel else { continue };
        let fresh = handed.insert((handover.line, parcel));
        if !fresh && handover.form != Form::Asked {
            violations.push(Violation::PushedAgain { line: handover.line, parcel });
        }
    }
    violations
}

/// Guarantee 3: ids are stable over redelivery; and guarantee 1: a retry is not kept twice.
fn unstable_ids(events: &[Event]) -> Vec<Violation> {
    let mut ids: HashMap<Parcel, &str> = HashMap::new();
    let mut parcels: HashMap<&str, Parcel> = HashMap::new();
    let mut violations = Vec::new();
    for handover in deliveries(events) {
        let (Some(parcel), Some(id)) = (handover.parcel, handover.id.as_deref()) else { continue };
        if *ids.entry(parcel).or_insert(id) != id {
            violations.push(Violation::TwoIds(parcel));
        }
        if *parcels.entry(id).or_insert(parcel) != parcel {
            violations.push(Violation::OneIdForTwo(id.to_owned()));
        }
    }
    violations
}

/// Guarantee 2, its other half: what was acknowledged is gone.
fn back_from_the_dead(events: &[Event]) -> Vec<Violation> {
    let mut settled: HashSet<(u32, &str)> = HashSet::new();
    let mut violations = Vec::new();
    for event in events {
        match event {
            Event::Settled { to, ids } => settled.extend(ids.iter().map(|id| (*to, id.as_str()))),
            Event::Left(Handover { to, id: Some(id), .. }) if settled.contains(&(*to, id)) => {
                violations.push(Violation::BackFromTheDead { to: *to, id: id.clone() });
            }
            _ => {}
        }
    }
    violations
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
