//! One commit, from the letters that arrived to the answers.

use std::collections::HashSet;
use std::collections::hash_map::{Entry, HashMap};

use bytes::Bytes;
use store::{Appended, Letter, Position, RecipientId, Result, StoreError};
use tokio::sync::oneshot;

use crate::archive::{Snapshot, Totals};
use crate::engine::Engine;
use crate::journal::{self, Frame, encode_append};
use crate::state::State;
use crate::writer::{Append, Written};

type Reply = oneshot::Sender<Result<Appended>>;

/// What one commit is about to write.
pub(crate) struct Stage {
    pub frames: Vec<u8>,
    letters: Vec<Staged>,
    /// Answers that hold if the commit succeeds: a duplicate is one of something durable.
    settled: Vec<(Reply, Appended)>,
}

struct Staged {
    record: journal::Appended,
    envelope: Bytes,
    reply: Reply,
}

/// What the letters of this commit have added so far.
#[derive(Default)]
struct Tally {
    totals: HashMap<RecipientId, Totals>,
    seen: HashSet<(RecipientId, [u8; 16])>,
}

impl Stage {
    pub(crate) fn begin(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { frames: buffer, letters: Vec::new(), settled: Vec::new() }
    }

    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.frames
    }

    pub(crate) fn has_letters(&self) -> bool {
        !self.letters.is_empty()
    }

    /// Gives each letter its place, or its refusal.
    pub(crate) fn admit(&mut self, engine: &Engine, appends: Vec<Append>) {
        if appends.is_empty() {
            return;
        }
        let mut state = engine.state.lock();
        let snapshot = match (overdue(engine, &state), engine.archive.snapshot()) {
            (None, Ok(snapshot)) => snapshot,
            (Some(error), _) | (None, Err(error)) => return refuse_all(appends, &error),
        };
        let mut tally = Tally::default();
        let mut sequence = state.next_sequence;
        for append in appends {
            let position = Position { sequence, incarnation: state.incarnation };
            match tally.judge(&mut state, &snapshot, &append) {
                Ok(None) => {
                    self.stage(append, position);
                    sequence += 1;
                }
                Ok(Some(refusal)) => self.settled.push((append.reply, refusal)),
                Err(error) => drop(append.reply.send(Err(error))),
            }
        }
    }

    fn stage(&mut self, append: Append, position: Position) {
        let Append { owner, letter, reply } = append;
        let frame = encode_append(&mut self.frames, owner, position, &letter);
        let record = record_of(owner, position, &letter, frame);
        self.letters.push(Staged { record, envelope: letter.envelope, reply });
    }

    /// The commit is durable: shows the letters to readers, rings and answers.
    pub(crate) fn conclude(&mut self, engine: &Engine, written: Option<Written>) {
        let mut stored = Vec::with_capacity(self.letters.len());
        if let Some(Written { segment, base }) = written {
            let mut state = engine.state.lock();
            for Staged { record, envelope, reply } in self.letters.drain(..) {
                let (owner, position) = (record.owner, record.position);
                state.recount(owner, |totals| totals.add(envelope.len() as u64));
                state.next_sequence = position.sequence + 1;
                state.active.keep(record, &segment, base);
                engine.cache.put(position, envelope);
                stored.push((owner, position, reply));
            }
        }
        for (owner, position, reply) in stored {
            let watched = engine.flight.bells().ring(owner);
            // Who no longer waits for the answer has gone away; the letter is kept all the same.
            let _ = reply.send(Ok(Appended::Stored { position, watched }));
        }
        self.settled.drain(..).for_each(|(reply, answer)| drop(reply.send(Ok(answer))));
    }

    /// Nothing of the commit has happened.
    pub(crate) fn refuse(&mut self, error: &StoreError) {
        let waiting = self.letters.drain(..).map(|staged| staged.reply);
        waiting
            .chain(self.settled.drain(..).map(|(reply, _)| reply))
            .for_each(|reply| drop(reply.send(Err(error.clone()))));
    }
}

impl Tally {
    /// Why the letter is not kept, or `None` if it is.
    fn judge(
        &mut self,
        state: &mut State,
        snapshot: &Snapshot,
        append: &Append,
    ) -> Result<Option<Appended>> {
        let Append { owner, letter, .. } = append;
        if self.is_remembered(state, snapshot, *owner, letter)? {
            return Ok(Some(Appended::Duplicate));
        }
        let totals = self.totals_of(state, snapshot, *owner)?;
        let bytes = letter.envelope.len() as u64;
        if totals.messages >= letter.quota.messages
            || totals.bytes.saturating_add(bytes) > letter.quota.bytes
        {
            return Ok(Some(Appended::MailboxFull));
        }
        totals.add(bytes);
        self.seen.insert((*owner, letter.dedupe));
        Ok(None)
    }

    fn is_remembered(
        &self,
        state: &State,
        snapshot: &Snapshot,
        owner: RecipientId,
        letter: &Letter,
    ) -> Result<bool> {
        let name = (owner, letter.dedupe);
        if self.seen.contains(&name) {
            return Ok(!letter.dedupe_window.is_zero());
        }
        let frozen = state.frozen.as_ref().and_then(|frozen| frozen.remembered.get(&name));
        let until = match state.active.remembered.get(&name).or(frozen) {
            Some(seen) => Some(seen.until),
            None => snapshot.remembered(owner, letter.dedupe)?,
        };
        Ok(until.is_some_and(|until| until > letter.received))
    }

    /// What the mailbox has with the letters of this commit. From here on the state counts the mailbox, which a checkpoint that
    /// ends before the commit leaves in place.
    fn totals_of(
        &mut self,
        state: &mut State,
        snapshot: &Snapshot,
        owner: RecipientId,
    ) -> Result<&mut Totals> {
        match self.totals.entry(owner) {
            Entry::Occupied(totals) => Ok(totals.into_mut()),
            Entry::Vacant(totals) => {
                let archived = if state.mailboxes.contains_key(&owner) {
                    Totals::default()
                } else {
                    snapshot.totals(owner)?
                };
                Ok(totals.insert(state.count(owner, archived).totals))
            }
        }
    }
}

/// Why nothing can be accepted although the journal has room: checkpoints fail and memory must not grow.
fn overdue(engine: &Engine, state: &State) -> Option<StoreError> {
    let is_full = state.active.entries() >= 2 * engine.options.generation_entries;
    state.failure.clone().filter(|_| is_full)
}

fn refuse_all(appends: Vec<Append>, error: &StoreError) {
    appends.into_iter().for_each(|append| drop(append.reply.send(Err(error.clone()))));
}

fn record_of(
    owner: RecipientId,
    position: Position,
    letter: &Letter,
    frame: Frame,
) -> journal::Appended {
    journal::Appended {
        owner,
        position,
        received: letter.received,
        expires: letter.expires,
        remembered: letter.received + letter.dedupe_window,
        dedupe: letter.dedupe,
        destination: letter.destination.clone(),
        frame,
    }
}
