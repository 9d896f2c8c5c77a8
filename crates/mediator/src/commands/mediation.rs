//! Coordinate-mediation (RFC 0211): grants and keylists.

use protocols::{Action, KeyResult, KeyUpdate, KeyUpdated, Page, PageInfo, Problem, Reply};
use store::{KeyAction, KeyChange, KeyOutcome, Mediation, Result};

use crate::directory::Correspondent;
use crate::{Mediator, Policy};

/// Keys in one answer, whatever the peer asks for.
const PAGE_MOST: usize = 1_000;

impl Mediator {
    /// A grant that stands is given again, with the same routing key: wallets that were restored from a backup ask twice.
    pub(super) async fn grant_or_deny(&self, by: &Correspondent) -> Result<Reply<'static>> {
        let keylists = &self.stores.keylists;
        let granted = keylists.status(by.id()).await? == Mediation::Granted;
        if !granted && self.settings.policy == Policy::Deny {
            keylists.set_status(by.id(), Mediation::Denied).await?;
            return Ok(Reply::Deny);
        }
        if !granted {
            keylists.set_status(by.id(), Mediation::Granted).await?;
        }
        Ok(Reply::Grant {
            endpoint: self.settings.public_url.clone(),
            routing_keys: vec![self.identity.routing().verkey()],
        })
    }

    pub(super) async fn update_keylist(
        &self,
        by: &Correspondent,
        updates: &[KeyUpdate],
    ) -> Result<Reply<'static>> {
        if !self.may_list(by).await? {
            return Ok(Reply::Problem(Problem::MEDIATION_NOT_GRANTED));
        }
        let changes: Vec<KeyChange> =
            updates.iter().filter_map(|update| self.change(update)).collect();
        let outcomes = self.apply(by, &changes).await?;
        let mut outcomes = outcomes.into_iter();
        let updated = updates
            .iter()
            .map(|update| KeyUpdated {
                text: update.text.clone(),
                action_text: update.action_text.clone(),
                result: match self.change(update) {
                    Some(_) => outcomes.next().map_or(KeyResult::ServerError, result),
                    None => KeyResult::ClientError,
                },
            })
            .collect();
        Ok(Reply::KeylistUpdated(updated))
    }

    /// The keys are routable everywhere before this returns: the wallet publishes them as soon as it has the answer.
    async fn apply(&self, by: &Correspondent, changes: &[KeyChange]) -> Result<Vec<KeyOutcome>> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let limit = self.settings.allowance.keys;
        let outcomes = self.stores.keylists.update(by.id(), changes, limit).await?;
        let destinations = changes.iter().map(|change| &change.destination);
        self.directory.forget_routes(destinations).await?;
        self.keylists_changed.notify_waiters();
        Ok(outcomes)
    }

    /// What an update asks for; `None` if it is no key, no action, or a key of our own.
    fn change(&self, update: &KeyUpdate) -> Option<KeyChange> {
        let destination = update.destination.clone().filter(|key| !self.is_own(key))?;
        let action = match update.action? {
            Action::Add => KeyAction::Add,
            Action::Remove => KeyAction::Remove,
        };
        Some(KeyChange { destination, action })
    }

    pub(super) async fn list_keys(
        &self,
        by: &Correspondent,
        page: Option<Page>,
    ) -> Result<Reply<'static>> {
        if !self.may_list(by).await? {
            return Ok(Reply::Problem(Problem::MEDIATION_NOT_GRANTED));
        }
        let offset = page.map_or(0, |page| page.offset);
        let limit = page.and_then(|page| page.limit).unwrap_or(PAGE_MOST).min(PAGE_MOST);
        let listed = self.stores.keylists.list(by.id(), offset, limit).await?;
        // ACA-Py always asks for a page without limit, and cannot read a `pagination` as RFC 0211 has it.
        let wants_page = page.is_some_and(|page| page.limit.is_some() || page.offset > 0);
        let page = (wants_page || listed.remaining > 0)
            .then_some(PageInfo { offset, remaining: listed.remaining });
        Ok(Reply::Keylist { keys: listed.keys, page })
    }

    async fn may_list(&self, by: &Correspondent) -> Result<bool> {
        Ok(self.stores.keylists.status(by.id()).await? == Mediation::Granted)
    }
}

fn result(outcome: KeyOutcome) -> KeyResult {
    match outcome {
        KeyOutcome::Success => KeyResult::Success,
        KeyOutcome::NoChange => KeyResult::NoChange,
        KeyOutcome::Refused => KeyResult::ClientError,
    }
}
