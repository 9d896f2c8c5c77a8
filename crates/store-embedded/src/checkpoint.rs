//! The thread that moves frozen generations into the archive, and deletes what they leave behind.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use store::Result;

use crate::archive::Survey;
use crate::compaction::Compactor;
use crate::engine::Engine;
use crate::generation::Generation;

/// How long a checkpoint that failed waits before it is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Ends the thread.
#[derive(Default)]
pub(crate) struct Closing(Mutex<bool>);

impl Closing {
    pub(crate) fn begin(&self, engine: &Engine) {
        *self.0.lock() = true;
        let _state = engine.state.lock();
        engine.changed.notify_all();
    }

    fn has_begun(&self) -> bool {
        *self.0.lock()
    }
}

/// Works until the store closes. What is not moved by then is found in the journal when it opens again.
pub(crate) fn run(engine: &Engine, closing: &Closing, mut compactor: Compactor) {
    while let Some(generation) = next(engine, closing) {
        if let Err(error) = checkpoint(engine, &generation, &mut compactor) {
            tracing::error!(%error, "a checkpoint failed, it is tried again");
            let mut state = engine.state.lock();
            state.failure = Some(error);
            engine.changed.notify_all();
            if !closing.has_begun() {
                engine.changed.wait_for(&mut state, RETRY);
            }
        }
    }
}

fn next(engine: &Engine, closing: &Closing) -> Option<Arc<Generation>> {
    let mut state = engine.state.lock();
    loop {
        if closing.has_begun() {
            return None;
        }
        if let Some(frozen) = &state.frozen {
            return Some(frozen.clone());
        }
        engine.changed.wait(&mut state);
    }
}

fn survey(engine: &Engine, generation: &Generation) -> Survey {
    let state = engine.state.lock();
    let gone =
        state.active.gone.sorted().flat_map(|(owner, positions)| {
            positions.iter().map(move |position| (owner, *position))
        });
    let gone = gone.filter(|place| generation.mail.contains_key(place)).collect();
    Survey { gone, next_sequence: state.active.first_sequence, now: engine.clock.now() }
}

fn checkpoint(engine: &Engine, generation: &Generation, compactor: &mut Compactor) -> Result<()> {
    let survey = survey(engine, generation);
    let archived = engine.archive.absorb(generation, &survey)?;
    engine.state.lock().thaw(&archived);
    engine.changed.notify_all();
    // Both only give room back. What fails now is done by a later checkpoint.
    if let Err(error) = compactor.run(engine) {
        tracing::warn!(%error, "segments with little mail stay until the next checkpoint");
    }
    if let Err(error) = engine.sweep() {
        tracing::warn!(%error, "old segments of the journal stay until the next checkpoint");
    }
    Ok(())
}
