//! Guarantee 3: what was accepted before something else was posted is delivered before it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::check::{Sending, Violation, placed_deliveries, sendings};
use super::{Event, Handover};
use crate::Parcel;

/// Among the first deliveries of a recipient, none is of a message that was accepted before an already delivered one was posted.
///
/// Where only arrivals are known, a line that broke may have swallowed first deliveries: then what was posted before the break
/// is compared with what had arrived by then. One that frays may do so until it is replaced.
pub(super) fn out_of_order(events: &[Event]) -> Vec<Violation> {
    let sendings = sendings(events);
    let mut recipients: BTreeMap<u32, Recipient> = BTreeMap::new();
    let mut deliveries = placed_deliveries(events).peekable();
    let mut violations = Vec::new();
    for (place, event) in events.iter().enumerate() {
        match event {
            Event::Broke { to } => recipients.entry(*to).or_default().line_broke(place),
            Event::Frays { to } => recipients.entry(*to).or_default().line_frays(),
            Event::Replaced { to } => recipients.entry(*to).or_default().line_replaced(place),
            _ => {}
        }
        if let Some((_, handover)) = deliveries.next_if(|(of, _)| *of == place) {
            let recipient = recipients.entry(handover.to).or_default();
            violations.extend(recipient.gets(handover, &sendings));
        }
    }
    violations
}

/// What one recipient has had so far.
#[derive(Default)]
struct Recipient {
    seen: HashSet<Parcel>,
    /// The message that was posted last of those that were delivered, and when.
    latest: Option<(usize, Parcel)>,
    /// Until when its lines swallowed, and the latest before they did.
    breaks: Vec<(usize, Option<(usize, Parcel)>)>,
    /// The latest before its line began to swallow, if that has not been replaced.
    fraying: Option<Option<(usize, Parcel)>>,
}

impl Recipient {
    fn line_broke(&mut self, place: usize) {
        self.breaks.push((place, self.latest));
    }

    fn line_frays(&mut self) {
        self.fraying.get_or_insert(self.latest);
    }

    fn line_replaced(&mut self, place: usize) {
        let before = self.fraying.take();
        self.breaks.extend(before.map(|latest| (place, latest)));
    }

    fn gets(
        &mut self,
        handover: &Handover,
        sendings: &HashMap<Parcel, Sending>,
    ) -> Option<Violation> {
        let parcel = handover.parcel?;
        let sending = *sendings.get(&parcel)?;
        if !self.seen.insert(parcel) {
            return None;
        }
        let came_before = self.came_before(sending);
        if self.latest.is_none_or(|(posted, _)| posted < sending.posted) {
            self.latest = Some((sending.posted, parcel));
        }
        let (posted, later) = came_before?;
        (sending.accepted? < posted).then_some(Violation::OutOfOrder { earlier: parcel, later })
    }

    /// The latest of those that certainly were delivered before the message of this sending.
    fn came_before(&self, sending: Sending) -> Option<(usize, Parcel)> {
        let lost_in = self.breaks.iter().find(|(place, _)| sending.posted < *place);
        lost_in.map(|(_, latest)| *latest).or(self.fraying).unwrap_or(self.latest)
    }
}
