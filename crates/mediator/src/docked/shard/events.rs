//! What happens on the sockets of a part finds the socket that it happened on.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::super::slip::{Errand, Slip};
use super::super::visit::Visit;
use super::super::{BerthId, Event, Note, Reach};
use super::{Shard, State, Visitor};
use crate::{Answer, CloseReason};

impl Shard {
    /// Deals with an event at once. `false` if it is better put in the queue: then it was not dealt with, or not all of it.
    pub async fn deal_with(self: &Arc<Self>, note: Note) -> bool {
        if !self.open.load(Ordering::Acquire) {
            return false;
        }
        let (slip, done) = Slip::answer();
        self.pass_on(note, slip);
        done.await.is_ok()
    }

    /// Passes an event on to the socket that it happened on.
    pub(super) fn pass_on(self: &Arc<Self>, note: Note, slip: Slip) {
        let Note { berth, reach, event, number } = note;
        let mut errand = Errand { event, number, slip };
        let mut state = self.state.lock();
        if let Some(visitor) = state.visitor_of(&berth, &errand.event) {
            match visitor.errands.send(errand) {
                Ok(()) => return,
                Err(unsent) => errand = unsent.0,
            }
        }
        let was_heard = state.ended.get(&berth).map(|ended| ended.heard.has(number));
        match (errand.event, was_heard, reach) {
            (Event::Frame(bytes), Some(false), reach) => {
                drop(state);
                self.tasks.spawn(self.clone().hear_late(
                    (berth, number),
                    reach,
                    bytes,
                    errand.slip,
                ));
            }
            (event @ (Event::Opened | Event::Frame(_)), None, Some(reach)) => {
                let errands = self.admit(&mut state, berth, reach, |visit| visit);
                // A visit that has just begun takes errands.
                drop(errands.send(Errand { event, number, slip: errand.slip }));
            }
            _ => errand.slip.settle(),
        }
    }

    pub(super) fn admit(
        self: &Arc<Self>,
        state: &mut State,
        berth: BerthId,
        reach: Reach,
        with: impl FnOnce(Visit) -> Visit,
    ) -> UnboundedSender<Errand> {
        self.note_orders(&reach);
        let (errands, coming) = unbounded_channel();
        let visit = with(Visit::new(self.clone(), berth.clone(), reach.clone(), coming));
        state.visits.insert(berth, Visitor { errands: errands.clone(), reach });
        self.tasks.spawn(visit.run());
        errands
    }

    /// Has a socket closed.
    pub async fn close(&self, berth: &BerthId, reach: &Reach, reason: CloseReason) {
        self.outlet.close(berth, reach, reason).await;
        self.note_orders(reach);
    }

    /// Docks that are called have no queues.
    fn note_orders(&self, reach: &Reach) {
        if let Reach::Queue(dock) = reach {
            self.lost_docks.ordered(dock);
        }
    }

    /// A frame from a socket that we have closed, sent before it knew. What it wants us to pass on is passed on, and it is
    /// closed once more.
    async fn hear_late(
        self: Arc<Self>,
        (berth, number): (BerthId, Option<u64>),
        reach: Option<Reach>,
        bytes: Bytes,
        slip: Slip,
    ) {
        if !matches!(self.office.hear_late(&bytes).await, Answer::Cut) {
            if let Some(past) = self.state.lock().ended.get_mut(&berth) {
                past.heard.add(number);
            }
            slip.settle();
        }
        if let Some(reach) = reach {
            self.close(&berth, &reach, CloseReason::GoingAway).await;
        }
    }
}
