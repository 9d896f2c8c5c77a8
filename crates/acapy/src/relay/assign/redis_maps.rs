use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use futures_util::{StreamExt, TryStreamExt, stream};
use redis::cmd;
use store::{Result, StoreError, Timestamp};
use store_redis::{Redis, Script};

use super::maps::{AssignmentMaps, Snapshot};
use crate::wire::{KeyList, Maps, Names};

static CHANGE: LazyLock<Script> =
    LazyLock::new(|| Script::new("change_field", include_str!("../scripts/change_field.lua")));
static REMOVE: LazyLock<Script> =
    LazyLock::new(|| Script::new("remove_field", include_str!("../scripts/remove_field.lua")));

/// Commands under way at a time.
const AT_A_TIME: usize = 256;

/// How often a list is read again because somebody else changed it. Each time, somebody got further.
const TRIES: usize = 100;

/// The maps in Redis.
#[derive(Clone)]
pub(crate) struct RedisMaps {
    redis: Redis,
    names: Names,
}

impl RedisMaps {
    pub fn new(redis: Redis, names: Names) -> Self {
        Self { redis, names }
    }

    /// Remembers a key that has no instance, before mail is kept for it.
    pub async fn remember_unassigned(&self, kid: &str) -> Result<()> {
        let set = self.unassigned();
        self.redis.command(&set, cmd("SADD").arg(&set).arg(kid)).await
    }

    /// Counts one message more for a key.
    pub async fn count_pending(&self, kid: &str, uid: &str) -> Result<()> {
        let field = Maps::pending_field(uid, kid);
        let count = cmd("HINCRBY").arg(Maps::PENDING).arg(field).arg(1).to_owned();
        self.redis.command(Maps::PENDING, &count).await
    }

    fn unassigned(&self) -> String {
        self.names.own("unassigned")
    }

    fn dismissed(&self) -> String {
        self.names.own("dismissed")
    }

    async fn length(&self, kid: String) -> Result<(String, u64)> {
        let list = self.names.inbound(&kid);
        match self.redis.command(&list, cmd("LLEN").arg(&list)).await {
            // Something that is no list is nothing that could wait.
            Err(StoreError::Damaged(_)) => Ok((kid, 0)),
            length => Ok((kid, length?)),
        }
    }

    async fn all(&self, hash: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let fields: HashMap<Vec<u8>, Vec<u8>> =
            self.redis.command(hash, cmd("HGETALL").arg(hash)).await?;
        // Names that are no text are nobody's.
        let text = fields
            .into_iter()
            .filter_map(|(name, value)| Some((String::from_utf8(name).ok()?, value)));
        Ok(text.collect())
    }

    async fn texts(&self, hash: &str) -> Result<BTreeMap<String, String>> {
        let fields = self.all(hash).await?.into_iter();
        Ok(fields
            .filter_map(|(name, value)| Some((name, String::from_utf8(value).ok()?)))
            .collect())
    }

    async fn field(&self, hash: &str, field: &str) -> Result<Option<Vec<u8>>> {
        self.redis.command(hash, cmd("HGET").arg(hash).arg(field)).await
    }

    /// Changes a field if it is what it was. `Err` is what it is instead.
    async fn swap(
        &self,
        hash: &str,
        field: &str,
        from: Option<&[u8]>,
        to: &[u8],
    ) -> Result<std::result::Result<(), Option<Vec<u8>>>> {
        let call = CHANGE.on(&[hash]).arg(field).arg(i32::from(from.is_some()));
        let call = call.arg(from.unwrap_or_default()).arg(to);
        let (changed, found): (bool, Option<Vec<u8>>) = self.redis.call(call).await?;
        Ok(if changed { Ok(()) } else { Err(found) })
    }
}

impl AssignmentMaps for RedisMaps {
    async fn snapshot(&self) -> Result<Snapshot> {
        let (unassigned, dismissed) = (self.unassigned(), self.dismissed());
        let members = cmd("SMEMBERS").arg(&unassigned).to_owned();
        let unassigned = async {
            let kids: Vec<Vec<u8>> = self.redis.command(&unassigned, &members).await?;
            Ok(kids.into_iter().filter_map(|kid| String::from_utf8(kid).ok()).collect())
        };
        let (lists, owners, last_access, dismissed, unassigned) = tokio::try_join!(
            self.all(Maps::KEYS_OF_UID),
            self.texts(Maps::UID_OF_KEY),
            self.texts(Maps::LAST_ACCESS),
            self.texts(&dismissed),
            unassigned,
        )?;
        // A value that is no list is as good as none: the first change makes it one.
        let list = |value: &[u8]| KeyList::from_text(value).unwrap_or_default();
        let time = |text: String| Timestamp(text.parse().unwrap_or_default());
        Ok(Snapshot {
            lists: lists.into_iter().map(|(uid, value)| (uid, list(&value))).collect(),
            owners,
            last_access,
            dismissed: dismissed.into_iter().map(|(uid, text)| (uid, time(text))).collect(),
            unassigned,
        })
    }

    async fn waiting(&self, kids: Vec<String>) -> Result<BTreeMap<String, u64>> {
        let each: Vec<_> = kids.into_iter().map(|kid| self.length(kid)).collect();
        stream::iter(each).buffer_unordered(AT_A_TIME).try_collect().await
    }

    async fn owner(&self, kid: &str) -> Result<Option<String>> {
        let owner = self.field(Maps::UID_OF_KEY, kid).await?;
        Ok(owner.and_then(|uid| String::from_utf8(uid).ok()))
    }

    async fn take(&self, kid: &str, from: Option<&str>, to: &str) -> Result<String> {
        let mut expected = from.map(|uid| uid.as_bytes().to_vec());
        for _ in 0..2 {
            let swap = self.swap(Maps::UID_OF_KEY, kid, expected.as_deref(), to.as_bytes());
            let Err(found) = swap.await? else { return Ok(to.to_owned()) };
            match found.map(String::from_utf8) {
                Some(Ok(owner)) => return Ok(owner),
                // What is no text is nobody, and makes room.
                Some(Err(junk)) => expected = Some(junk.into_bytes()),
                None => break,
            }
        }
        // Nobody has it, and the next pass gives it to somebody.
        Err(StoreError::Unavailable("a key changed hands meanwhile".to_owned()))
    }

    async fn change_list(
        &self,
        uid: &str,
        add: &BTreeSet<String>,
        drop: &BTreeSet<String>,
    ) -> Result<()> {
        let mut found = self.field(Maps::KEYS_OF_UID, uid).await?;
        for _ in 0..TRIES {
            let before = found.as_deref().and_then(|text| KeyList::from_text(text).ok());
            let mut list = before.clone().unwrap_or_default();
            list.0.extend(add.iter().cloned());
            list.0.retain(|kid| !drop.contains(kid));
            if before.as_ref() == Some(&list) {
                return Ok(());
            }
            let text = list.to_text();
            match self.swap(Maps::KEYS_OF_UID, uid, found.as_deref(), text.as_bytes()).await? {
                Ok(()) => return Ok(()),
                Err(other) => found = other,
            }
        }
        Err(StoreError::Unavailable("others change a list of keys all the time".to_owned()))
    }

    async fn move_pending(&self, kid: &str, from: &str, to: &str) -> Result<()> {
        let old = Maps::pending_field(from, kid);
        let Some(count) = self.field(Maps::PENDING, &old).await? else { return Ok(()) };
        let count: i64 =
            std::str::from_utf8(&count).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        let remove = cmd("HDEL").arg(Maps::PENDING).arg(old).to_owned();
        self.redis.command::<()>(Maps::PENDING, &remove).await?;
        let field = Maps::pending_field(to, kid);
        let add = cmd("HINCRBY").arg(Maps::PENDING).arg(field).arg(count.max(0)).to_owned();
        self.redis.command(Maps::PENDING, &add).await
    }

    async fn dismiss(&self, uid: &str, at: Option<Timestamp>) -> Result<()> {
        let hash = self.dismissed();
        let note = match at {
            Some(at) => cmd("HSET").arg(&hash).arg(uid).arg(at.0).to_owned(),
            None => cmd("HDEL").arg(&hash).arg(uid).to_owned(),
        };
        self.redis.command(&hash, &note).await
    }

    async fn forget(&self, uid: &str) -> Result<()> {
        let empty = KeyList::default().to_text();
        self.redis.call::<()>(REMOVE.on(&[Maps::KEYS_OF_UID]).arg(uid).arg(empty)).await?;
        if self.field(Maps::KEYS_OF_UID, uid).await?.is_some() {
            return Ok(());
        }
        let remove = cmd("HDEL").arg(Maps::LAST_ACCESS).arg(uid).to_owned();
        self.redis.command::<()>(Maps::LAST_ACCESS, &remove).await?;
        self.dismiss(uid, None).await
    }

    async fn settle(&self, kids: &BTreeSet<String>) -> Result<()> {
        if kids.is_empty() {
            return Ok(());
        }
        let set = self.unassigned();
        self.redis.command(&set, cmd("SREM").arg(&set).arg(kids)).await
    }
}
