//! Entries that are tried no more.

use redis::Value;
use store::Result;

use super::Lanes;
use super::answers::{self, Letter};
use super::calls::{DEAD_LIST, DEAD_REPLAY};

type Fields = Vec<(String, Vec<(String, Vec<u8>)>)>;

impl Lanes {
    /// Dead letters behind the one named `after`, oldest first.
    pub async fn dead(&self, after: Option<&str>, most: usize) -> Result<Vec<Letter>> {
        let start = after.map_or_else(|| "-".to_owned(), |id| format!("({id}"));
        let call = self.on(&DEAD_LIST).arg(start).arg(most);
        answers::letters(self.call::<Value>(call).await?)
    }

    /// The whole entry of a dead letter.
    pub async fn dead_entry(&self, id: &str) -> Result<Option<Vec<u8>>> {
        let command = redis::cmd("XRANGE").arg(self.dead_key()).arg(id).arg(id).take();
        let found: Fields = self.redis.command(self.dead_key(), &command).await?;
        let fields = found.into_iter().flat_map(|(_, fields)| fields);
        Ok(fields.into_iter().find_map(|(name, value)| (name == "entry").then_some(value)))
    }

    /// Pushes a dead letter to the list again, in this form. False if it is no longer there.
    pub async fn dead_replay(&self, id: &str, entry: &[u8]) -> Result<bool> {
        self.call(self.on(&DEAD_REPLAY).arg(id).arg(entry)).await
    }

    /// Throws a dead letter away. False if it is no longer there.
    pub async fn dead_drop(&self, id: &str) -> Result<bool> {
        let command = redis::cmd("XDEL").arg(self.dead_key()).arg(id).take();
        self.redis.command(self.dead_key(), &command).await
    }

    fn dead_key(&self) -> &str {
        &self.keys[DEAD]
    }
}

/// Its place among the keys of all scripts.
const DEAD: usize = 7;
