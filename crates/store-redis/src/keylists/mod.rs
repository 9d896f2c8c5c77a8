//! Grants and routes.
//!
//! A route is a key of its own, in whatever slot it hashes to, and holds its owner. The lists of one owner are in the owner's slot: `grant` (a
//! hash of status and counter), `keys` (a sorted set, in the order of adding) and `open` (acts that have not ended).
//!
//! No script can change both, so that a change goes in steps that may break off anywhere:
//!
//! 1. look whose the routes are;
//! 2. in one script change the list, and note in `open` which routes have to follow;
//! 3. take or give up each route, by compare-and-set;
//! 4. in one script take the act out of `open`, or, if another act has changed the list meanwhile, say what to do again.
//!
//! A route that is taken is therefore always in its owner's `keys` or `open`: none is ever lost. An act that broke off is ended by the
//! owner's next one, whatever that is about. While an act is under way others may see a part of it.

mod act;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use didcomm::Destination;
use store::{KeyChange, KeyOutcome, KeyPage, Keylists, Mediation, RecipientId, Result};

use crate::RedisStore;
use crate::script::script;
use crate::shared::senseless;

script!(LIST, "plain.lua", "keylist_list.lua");

const GRANTED: &str = "g";
const DENIED: &str = "d";
const NONE: &str = "n";

#[async_trait]
impl Keylists for RedisStore {
    async fn status(&self, owner: RecipientId) -> Result<Mediation> {
        let grant = self.engine.names().of(owner, "grant");
        let status: Option<String> =
            self.engine.command(&grant, redis::cmd("HGET").arg(&grant).arg("s")).await?;
        match status.as_deref() {
            None | Some(NONE) => Ok(Mediation::None),
            Some(GRANTED) => Ok(Mediation::Granted),
            Some(DENIED) => Ok(Mediation::Denied),
            Some(_) => Err(senseless("a status of mediation")),
        }
    }

    async fn set_status(&self, owner: RecipientId, status: Mediation) -> Result<()> {
        let status = match status {
            Mediation::None => NONE,
            Mediation::Granted => GRANTED,
            Mediation::Denied => DENIED,
        };
        self.change_keylist(owner, status, &[], 0).await.map(drop)
    }

    async fn route(&self, destination: &Destination) -> Result<Option<RecipientId>> {
        self.route_of(&destination.to_bytes()).await
    }

    async fn update(
        &self,
        owner: RecipientId,
        changes: &[KeyChange],
        limit: usize,
    ) -> Result<Vec<KeyOutcome>> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        self.change_keylist(owner, "", changes, limit).await
    }

    async fn list(&self, owner: RecipientId, offset: usize, limit: usize) -> Result<KeyPage> {
        let keys = self.engine.names().of(owner, "keys");
        let call = LIST.on(&[keys]).arg(offset.min(ENDLESS)).arg(limit.min(ENDLESS));
        let (length, page): (usize, Vec<Vec<u8>>) = self.engine.call(call).await?;
        let keys = page.iter().map(|key| Destination::from_bytes(key));
        let keys = keys.collect::<std::result::Result<Vec<_>, _>>();
        let keys = keys.map_err(|_| senseless("a key of a keylist"))?;
        Ok(KeyPage { remaining: length.saturating_sub(offset).saturating_sub(keys.len()), keys })
    }
}

/// Longer than any list, and a number for Lua.
const ENDLESS: usize = u32::MAX as usize;

impl RedisStore {
    pub(crate) async fn route_of(&self, destination: &[u8]) -> Result<Option<RecipientId>> {
        let route = self.route_key(destination);
        let owner: Option<Vec<u8>> =
            self.engine.command(&route, redis::cmd("GET").arg(&route)).await?;
        let Some(owner) = owner else { return Ok(None) };
        let owner = owner.try_into().map_err(|_| senseless("the owner of a route"))?;
        Ok(Some(RecipientId(owner)))
    }

    pub(crate) fn route_key(&self, destination: &[u8]) -> Vec<u8> {
        self.engine.names().key(&short(destination), "route")
    }
}

/// A tag for a key that is named by bytes of any length: they themselves, or a hash of them.
pub(crate) fn short(bytes: &[u8]) -> String {
    use aws_lc_rs::digest::{SHA256, digest};
    if bytes.len() <= LONGEST_TAG {
        return URL_SAFE_NO_PAD.encode(bytes);
    }
    format!("h.{}", URL_SAFE_NO_PAD.encode(digest(&SHA256, bytes)))
}

const LONGEST_TAG: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_hashed_and_never_meet_short_ones() {
        assert_eq!(short(b"abc"), "YWJj");
        let long = short(&[7; 65]);
        assert!(long.len() == 45 && long.starts_with("h."), "{long}");
        assert_ne!(short(&[8; 65]), long);
    }
}
