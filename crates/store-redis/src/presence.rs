//! Which session speaks for a recipient.

use async_trait::async_trait;
use redis::Value;
use store::{
    Claimant, Epoch, Location, Presence, RecipientId, Result, Role, StoreError, Timestamp,
};

use crate::RedisStore;
use crate::doubts::random;
use crate::script::script;
use crate::shared::{Shared, senseless};

script!(CLAIM, "allow_oom.lua", "common.lua", "claim.lua");
script!(UNCLAIM, "allow_oom.lua", "common.lua", "unclaim.lua");

#[async_trait]
impl Presence for RedisStore {
    async fn claim(&self, owner: RecipientId, claimant: &Claimant) -> Result<Epoch> {
        let claimed = self.shared.claim(owner, claimant, false, self.shared.now()).await?;
        claimed.ok_or_else(|| senseless("a claim was refused"))
    }

    async fn claim_vacant(
        &self,
        owner: RecipientId,
        claimant: &Claimant,
        now: Timestamp,
    ) -> Result<Option<Epoch>> {
        self.shared.claim(owner, claimant, true, now).await
    }

    async fn renew(&self, instance: &str, until: Timestamp) -> Result<()> {
        self.shared.renew(instance, until).await
    }

    async fn release(&self, owner: RecipientId, epoch: Epoch) -> Result<()> {
        let call = UNCLAIM.on(&[self.shared.key(owner, "box")]).arg(epoch.0);
        self.shared.engine.call(call).await
    }

    async fn locate(&self, owner: RecipientId, now: Timestamp) -> Result<Option<Location>> {
        let key = self.shared.key(owner, "box");
        let mut command = redis::cmd("HGET");
        command.arg(&key).arg("o");
        let claim: Option<String> = self.shared.engine.command(&key, &command).await?;
        match claim {
            Some(claim) => self.shared.located(&claim, now).await,
            None => Ok(None),
        }
    }
}

impl Shared {
    async fn claim(
        &self,
        owner: RecipientId,
        claimant: &Claimant,
        vacant: bool,
        now: Timestamp,
    ) -> Result<Option<Epoch>> {
        let instance = self.speaks(&claimant.instance);
        let nonce = format!("{:x}", random());
        let (key, doubted) = (self.key(owner, "box"), self.doubts.claims(owner));
        let call = |alive: &str, look: &str| {
            let call = CLAIM.on(std::slice::from_ref(&key));
            let call = call.arg(now.0).arg(letter(claimant.role)).arg(&instance).arg(&nonce);
            call.arg(u8::from(vacant)).arg(alive).arg(look).arg(&doubted)
        };
        let answer = self.call_knowing(now, call).await;
        match &answer {
            Ok(_) => self.doubts.settle_claims(owner),
            Err(StoreError::Unavailable(_)) if vacant => self.doubts.lost_claim(owner, nonce),
            Err(_) => {}
        }
        match answer?.as_slice() {
            [Value::Int(0)] => Ok(None),
            [Value::Int(1), epoch] => Ok(Some(Epoch(number(epoch)?))),
            _ => Err(senseless("to a claim")),
        }
    }

    async fn located(&self, claim: &str, now: Timestamp) -> Result<Option<Location>> {
        let mut parts = claim.split(',');
        let (epoch, role, instance) = (parts.next(), parts.next(), parts.next());
        let epoch = epoch.and_then(|text| text.parse().ok()).map(Epoch);
        let role = role.and_then(role_of);
        let (Some(epoch), Some(role), Some(instance)) = (epoch, role, instance) else {
            return Err(senseless("as a claim"));
        };
        let mut name = self.instances.name(instance, now);
        if name.is_none() {
            self.refresh().await?;
            name = self.instances.name(instance, now);
        }
        Ok(name.map(|instance| Location { claimant: Claimant { instance, role }, epoch }))
    }
}

fn letter(role: Role) -> &'static str {
    match role {
        Role::Session => "S",
        Role::Postman => "P",
    }
}

fn role_of(letter: &str) -> Option<Role> {
    match letter {
        "S" => Some(Role::Session),
        "P" => Some(Role::Postman),
        _ => None,
    }
}

/// A number that a script gave as text, because it is too large for its integers.
pub(crate) fn number(value: &Value) -> Result<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok().and_then(|s| s.parse().ok()),
        _ => None,
    }
    .ok_or_else(|| senseless("where a number belongs"))
}
