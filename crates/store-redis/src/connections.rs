//! Peers and invitations.
//!
//! A connection is one JSON text in the slot of its id, together with the index of those that can be dialled. Our key leads to it by
//! a key of its own, and an invitation is a hash of its own, both in whatever slots they hash to. Each of these is changed by one
//! script, in an order in which breaking off does no harm: what leads to a connection is written before and removed before it, and a
//! key that leads to a connection which is not there, or does not know it, leads nowhere. An invitation remembers who used
//! it, so that who broke off can begin again.

use async_trait::async_trait;
use didcomm::VerKey;
use futures_util::{StreamExt, TryStreamExt, stream};
use redis::cmd;
use store::{Admission, Connection, Connections, Invitation, RecipientId, Result, Timestamp};

use crate::RedisStore;
use crate::keylists::short;
use crate::names::{PARTITIONS, partition};
use crate::script::script;
use crate::shared::senseless;

script!(KEEP, "plain.lua", "peer_keep.lua");
script!(REMOVE, "allow_oom.lua", "peer_remove.lua");
script!(INVITE, "plain.lua", "invitation_keep.lua");
script!(USE, "plain.lua", "invitation_use.lua");
script!(DELETE_IF, "allow_oom.lua", "delete_if.lua");

/// For how many milliseconds an invitation is kept after it expired: a month.
const AFTERLIFE: u64 = 30 * 86_400_000;
/// How many partitions are looked through at once.
const AT_ONCE: usize = 16;

#[async_trait]
impl Connections for RedisStore {
    async fn admit(&self, connection: &Connection, invitation: Option<&str>) -> Result<Admission> {
        if let Some(known) = self.get(connection.id).await? {
            return Ok(Admission::Known(Box::new(known)));
        }
        if let Some(invitation) = invitation
            && !self.use_up(invitation, connection.id).await?
        {
            return Ok(Admission::Refused);
        }
        self.lead(&connection.our_key, connection.id).await?;
        let known = self.keep_peer(connection, "new").await?;
        Ok(known.map_or(Admission::Admitted, |known| Admission::Known(Box::new(known))))
    }

    async fn get(&self, id: RecipientId) -> Result<Option<Connection>> {
        let peer = self.engine.names().of(id, "peer");
        let text: Option<Vec<u8>> = self.engine.command(&peer, cmd("GET").arg(&peer)).await?;
        text.map(|text| read(&text)).transpose()
    }

    async fn by_key(&self, ours: &VerKey) -> Result<Option<Connection>> {
        let leader = self.leader(ours);
        let id: Option<Vec<u8>> = self.engine.command(&leader, cmd("GET").arg(&leader)).await?;
        let Some(id) = id else { return Ok(None) };
        let id = id.try_into().map_err(|_| senseless("the connection of a key"))?;
        let connection = self.get(RecipientId(id)).await?;
        Ok(connection.filter(|connection| connection.our_key == *ours))
    }

    async fn update(&self, connection: &Connection) -> Result<()> {
        if self.get(connection.id).await?.is_none() {
            return Ok(());
        }
        self.lead(&connection.our_key, connection.id).await?;
        match self.keep_peer(connection, "old").await? {
            Some(old) if old.our_key == connection.our_key => Ok(()),
            Some(old) => self.mislead(&old.our_key, connection.id).await,
            None => self.mislead(&connection.our_key, connection.id).await,
        }
    }

    async fn remove(&self, id: RecipientId) -> Result<()> {
        if let Some(known) = self.get(id).await? {
            self.mislead(&known.our_key, id).await?;
        }
        self.engine.call(REMOVE.on(&self.peer_keys(id)).arg(&id.0[..])).await
    }

    async fn dialable(&self, after: Option<RecipientId>, limit: usize) -> Result<Vec<RecipientId>> {
        // Partitions are in the order of ids, as they are their first byte.
        let first = after.map_or(0, partition);
        let pages = (first..PARTITIONS).map(|number| self.dialable_in(number, after, limit));
        let mut pages = stream::iter(pages).buffered(AT_ONCE);
        let mut ids = Vec::new();
        while ids.len() < limit
            && let Some(page) = pages.try_next().await?
        {
            ids.extend(page);
        }
        ids.truncate(limit);
        Ok(ids)
    }

    async fn invite(&self, invitation: &Invitation) -> Result<()> {
        let left = invitation.expires.since(self.clock.now()).as_millis() as u64;
        let is_endless = invitation.expires == Timestamp::NEVER;
        let life = if is_endless { 0 } else { left.saturating_add(AFTERLIFE) };
        let call = INVITE.on(&[self.invitation_key(&invitation.id)]);
        self.engine.call(call.arg(invitation.expires.0).arg(life)).await
    }

    async fn invitation(&self, id: &str) -> Result<Option<Invitation>> {
        let key = self.invitation_key(id);
        let command = cmd("HMGET").arg(&key).arg("e").arg("u").take();
        let (expires, user): (Option<u64>, Option<Vec<u8>>) =
            self.engine.command(&key, &command).await?;
        let Some(expires) = expires else { return Ok(None) };
        let user = user.map(<[u8; 16]>::try_from).transpose();
        let used_by = user.map_err(|_| senseless("who used an invitation"))?.map(RecipientId);
        Ok(Some(Invitation { id: id.to_owned(), expires: Timestamp(expires), used_by }))
    }
}

impl RedisStore {
    /// Keeps a connection; gives the one that was there.
    async fn keep_peer(&self, connection: &Connection, age: &str) -> Result<Option<Connection>> {
        let text = serde_json::to_vec(connection).map_err(|_| senseless("a new connection"))?;
        let has_endpoint = u8::from(!connection.endpoints.is_empty());
        let call = KEEP.on(&self.peer_keys(connection.id)).arg(text).arg(&connection.id.0[..]);
        let known: Option<Vec<u8>> = self.engine.call(call.arg(has_endpoint).arg(age)).await?;
        known.map(|text| read(&text)).transpose()
    }

    async fn use_up(&self, invitation: &str, user: RecipientId) -> Result<bool> {
        let call = USE.on(&[self.invitation_key(invitation)]).arg(self.clock.now().0);
        self.engine.call(call.arg(&user.0[..])).await
    }

    async fn lead(&self, ours: &VerKey, id: RecipientId) -> Result<()> {
        let leader = self.leader(ours);
        let command = cmd("SET").arg(&leader).arg(&id.0[..]).take();
        self.engine.command(&leader, &command).await
    }

    async fn mislead(&self, ours: &VerKey, id: RecipientId) -> Result<()> {
        let call = DELETE_IF.on(&[self.leader(ours)]).arg(&id.0[..]);
        self.engine.call(call).await
    }

    async fn dialable_in(
        &self,
        number: usize,
        after: Option<RecipientId>,
        limit: usize,
    ) -> Result<Vec<RecipientId>> {
        let key = self.engine.names().of_partition(number, "dialable");
        let from = after.map_or(b"-".to_vec(), |after| [b"(", &after.0[..]].concat());
        let mut command = cmd("ZRANGEBYLEX");
        command.arg(&key).arg(from).arg("+").arg("LIMIT").arg(0).arg(limit.min(i32::MAX as usize));
        let ids: Vec<Vec<u8>> = self.engine.command(&key, &command).await?;
        let ids = ids.into_iter().map(|id| id.try_into().map(RecipientId));
        ids.collect::<std::result::Result<_, _>>().map_err(|_| senseless("an id of a connection"))
    }

    fn peer_keys(&self, id: RecipientId) -> [Vec<u8>; 2] {
        let names = self.engine.names();
        [names.of(id, "peer"), names.of_partition(partition(id), "dialable")]
    }

    fn leader(&self, ours: &VerKey) -> Vec<u8> {
        self.engine.names().key(&short(ours.as_bytes()), "peer")
    }

    fn invitation_key(&self, id: &str) -> Vec<u8> {
        self.engine.names().key(&short(id.as_bytes()), "invitation")
    }
}

fn read(text: &[u8]) -> Result<Connection> {
    serde_json::from_slice(text).map_err(|_| senseless("a connection"))
}
