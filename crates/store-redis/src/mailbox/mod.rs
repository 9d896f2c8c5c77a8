//! Mail, until its owner acknowledged it.

mod depth;
mod expiry;
mod parcel;

use std::time::Duration;

use async_trait::async_trait;
use didcomm::Destination;
use redis::Value;
use store::{
    Appended, Company, Demand, Depth, Epoch, Holder, Letter, Mail, Mailbox, Manner, Position,
    RecipientId, Result, StoreError, Timestamp, Watch,
};

use crate::RedisStore;
use crate::doubts::random;
use crate::presence::number;
use crate::script::{Call, script};
use crate::shared::{Shared, senseless};

script!(APPEND, "plain.lua", "common.lua", "append.lua");
script!(LEASE, "allow_oom.lua", "common.lua", "flight.lua", "adopt.lua", "lease.lua");
script!(ACKNOWLEDGE, "allow_oom.lua", "acknowledge.lua");
script!(RELEASE, "allow_oom.lua", "common.lua", "flight.lua", "release.lua");
script!(WATCH, "allow_oom.lua", "common.lua", "flight.lua", "watch.lua");

/// How many ids one call acknowledges.
const IDS: usize = 1_000;

#[async_trait]
impl Mailbox for RedisStore {
    async fn append(&self, owner: RecipientId, letter: Letter) -> Result<Appended> {
        let appended = self.shared.append(owner, &letter).await;
        // The script wakes other processes. Readers of this one need no round trip, and hear of a letter that may have been
        // kept, too.
        if !matches!(appended, Ok(Appended::Duplicate | Appended::MailboxFull)) {
            self.shared.bells.ring(owner);
        }
        appended
    }

    async fn peek(&self, owner: RecipientId, demand: &Demand) -> Result<Vec<Mail>> {
        match self.shared.take(owner, None, Timestamp(0), demand).await? {
            Some(mail) => Ok(mail),
            None => Err(senseless("a peek was refused")),
        }
    }

    async fn lease(
        &self,
        owner: RecipientId,
        holder: Holder,
        until: Timestamp,
        demand: &Demand,
    ) -> Result<Vec<Mail>> {
        self.shared.take(owner, Some(holder), until, demand).await?.ok_or(StoreError::Displaced)
    }

    async fn acknowledge(
        &self,
        owner: RecipientId,
        ids: &[Position],
        by: Option<Epoch>,
    ) -> Result<usize> {
        let mut removed = 0;
        for ids in ids.chunks(IDS) {
            removed += self.shared.acknowledge(owner, ids, by).await?;
        }
        Ok(removed)
    }

    async fn release(&self, owner: RecipientId, holder: Holder, linger: Duration) -> Result<()> {
        if let Holder::Session(epoch) = holder {
            self.shared.bells.leave(owner, epoch);
            self.shared.doubts.settle_leases(owner, epoch);
        }
        let released = self.shared.release(owner, holder, linger).await;
        if let (Err(_), Holder::Session(epoch)) = (&released, holder) {
            // If nobody listens, the store is gone.
            let _ = self.gone.send((owner, epoch));
        }
        released
    }

    async fn depth(&self, owner: RecipientId, key: Option<&Destination>) -> Result<Depth> {
        self.shared.depth(owner, key).await
    }

    async fn watch(&self, owner: RecipientId, epoch: Epoch, manner: Manner) -> Result<Watch> {
        self.shared.watch(owner, epoch, manner).await?;
        self.shared.bells.watch(owner, epoch, manner.company)
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize> {
        self.shared.expire(now, limit).await
    }
}

impl Shared {
    fn keys<const N: usize>(&self, owner: RecipientId, what: [&str; N]) -> [Vec<u8>; N] {
        what.map(|what| self.key(owner, what))
    }

    async fn append(&self, owner: RecipientId, letter: &Letter) -> Result<Appended> {
        let size = letter.envelope.len();
        if size as u64 > parcel::LARGEST {
            return Ok(Appended::MailboxFull);
        }
        let incarnation = parcel::incarnation(random(), size);
        let answer: Vec<Value> =
            self.engine.call(self.appending(owner, letter, incarnation)).await?;
        match answer.as_slice() {
            [Value::Int(0)] => Ok(Appended::Duplicate),
            [Value::Int(1)] => Ok(Appended::MailboxFull),
            [Value::Int(2), sequence, listeners] => {
                let position = Position { sequence: number(sequence)?, incarnation };
                Ok(Appended::Stored { position, watched: number(listeners)? > 0 })
            }
            _ => Err(senseless("to an append")),
        }
    }

    fn appending(&self, owner: RecipientId, letter: &Letter, incarnation: u64) -> Call {
        let [mailbox, mail, body, dedupe] = self.keys(owner, ["box", "mail", "body", "dedupe"]);
        let call = APPEND.on(&[mailbox, mail, body, dedupe, self.due(owner)]);
        let window = letter.received + letter.dedupe_window;
        let call = call.arg(letter.received.0).arg(letter.expires.0).arg(window.0);
        let call = call.arg(letter.quota.messages).arg(letter.quota.bytes);
        let call = call.arg(&letter.dedupe[..]).arg(incarnation).arg(letter.envelope.len());
        let call = call.arg(parcel::head(letter)).arg(parcel::body(letter)).arg(&owner.0[..]);
        call.arg(self.channels(owner)).arg(&self.channel)
    }

    /// Mail for `holder`, or for a look if there is none. `None` if it may have none.
    async fn take(
        &self,
        owner: RecipientId,
        holder: Option<Holder>,
        until: Timestamp,
        demand: &Demand,
    ) -> Result<Option<Vec<Mail>>> {
        let session = match holder {
            Some(Holder::Session(epoch)) => Some(epoch),
            _ => None,
        };
        let numbers = self.doubts.lease(owner, session);
        let now = self.now();
        let call = |(alive, look): (&str, &str), from: &[u8]| {
            let call = self.taking(owner, (now, alive, look), holder, until, demand);
            let call = call.arg(numbers.0).arg(numbers.1).arg(&self.channel).arg(self.me());
            call.arg(from)
        };
        let mut answer = self.call_knowing(now, |alive, look| call((alive, look), &[])).await;
        while let Ok([Value::Int(2), Value::BulkString(from)]) = answer.as_deref() {
            let from = from.clone();
            answer = self.call_knowing(now, |alive, look| call((alive, look), &from)).await;
        }
        match (&answer, session) {
            (Ok(_), Some(epoch)) => self.doubts.settle_leases(owner, epoch),
            (Err(_), Some(epoch)) => self.doubts.lost_lease(owner, epoch, numbers.0),
            _ => {}
        }
        let answer = answer?;
        match answer.first() {
            Some(Value::Int(0)) => Ok(None),
            Some(Value::Int(1)) => parcel::mail(answer).map(Some),
            _ => Err(senseless("to a lease")),
        }
    }

    fn taking(
        &self,
        owner: RecipientId,
        (now, alive, look): (Timestamp, &str, &str),
        holder: Option<Holder>,
        until: Timestamp,
        demand: &Demand,
    ) -> Call {
        let call = LEASE.on(&self.keys(owner, ["box", "mail", "body", "flight"]));
        let call = call.arg(now.0).arg(alive).arg(look).arg(&owner.0[..]);
        let call = call.arg(holder.map(named).unwrap_or_default()).arg(until.0);
        let call = call.arg(demand.messages).arg(demand.bytes).arg(demand.window);
        call.arg(demand.key.as_ref().map(parcel::tag).unwrap_or_default())
    }

    async fn acknowledge(
        &self,
        owner: RecipientId,
        ids: &[Position],
        by: Option<Epoch>,
    ) -> Result<usize> {
        if ids.is_empty() {
            return Ok(0);
        }
        let by = by.map(|epoch| named(Holder::Session(epoch))).unwrap_or_default();
        let call = ACKNOWLEDGE.on(&self.keys(owner, ["box", "mail", "body", "flight"]));
        let call = call.arg(&owner.0[..]).arg(by).arg(self.channels(owner)).arg(&self.channel);
        let call = ids.iter().fold(call, |call, position| {
            call.arg(parcel::id(*position)).arg(parcel::size(*position))
        });
        let answer: Vec<Value> = self.engine.call(call).await?;
        let (removed, rung) = answer.split_first().ok_or_else(|| senseless("to an id"))?;
        for epoch in rung {
            self.bells.ring_session(owner, Epoch(number(epoch)?));
        }
        Ok(usize::try_from(number(removed)?).unwrap_or(usize::MAX))
    }

    /// Ends a holder's marks in the engine, and its being a reader.
    pub async fn release(
        &self,
        owner: RecipientId,
        holder: Holder,
        linger: Duration,
    ) -> Result<()> {
        let now = self.now();
        let call = RELEASE.on(&self.keys(owner, ["box", "mail", "flight"]));
        let call = call.arg(now.0).arg(&owner.0[..]).arg(named(holder)).arg((now + linger).0);
        let call = call.arg(self.channels(owner)).arg(&self.channel);
        let rung: u64 = self.engine.call(call).await?;
        if rung > 0 {
            self.bells.ring(owner);
        }
        Ok(())
    }

    async fn watch(&self, owner: RecipientId, epoch: Epoch, manner: Manner) -> Result<()> {
        let now = self.now();
        let company: u8 = match manner.company {
            Company::Alone => 1,
            Company::Shared => 2,
        };
        let call = WATCH.on(&self.keys(owner, ["box", "flight"]));
        let call = call.arg(now.0).arg(&owner.0[..]).arg(epoch.0).arg(company);
        let call = call.arg((now + manner.linger).0).arg(&self.channel).arg(self.me());
        let admitted: u8 = self.engine.call(call.arg(self.channels(owner))).await?;
        if admitted == 1 { Ok(()) } else { Err(StoreError::Displaced) }
    }
}

/// A holder's field in the box.
fn named(holder: Holder) -> String {
    match holder {
        Holder::Session(Epoch(epoch)) => format!("s{epoch}"),
        Holder::Request(number) => format!("q{number}"),
    }
}
