use std::collections::{BTreeMap, BTreeSet};

use store::{Result, Timestamp};

use crate::wire::KeyList;

/// The assignment maps. Each act is about one field of one of them, and atomic; nothing else is.
pub(crate) trait AssignmentMaps: Send + Sync + 'static {
    /// Reads everything, one map after the other.
    fn snapshot(&self) -> impl Future<Output = Result<Snapshot>> + Send;

    /// How many messages wait for each of these keys.
    fn waiting(
        &self,
        kids: Vec<String>,
    ) -> impl Future<Output = Result<BTreeMap<String, u64>>> + Send;

    /// Says who has a key.
    fn owner(&self, kid: &str) -> impl Future<Output = Result<Option<String>>> + Send;

    /// Gives a key from `from`, or from nobody, to `to`. Says who has it then: somebody else, if it was not `from`'s any more.
    fn take(
        &self,
        kid: &str,
        from: Option<&str>,
        to: &str,
    ) -> impl Future<Output = Result<String>> + Send;

    /// Adds keys to the list of an instance and removes others, and makes the list if there is none.
    fn change_list(
        &self,
        uid: &str,
        add: &BTreeSet<String>,
        drop: &BTreeSet<String>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Carries the count of what waits over to another instance. Only relays of another kind look at it.
    fn move_pending(
        &self,
        kid: &str,
        from: &str,
        to: &str,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Notes that an instance was found to be gone; `None` takes that back.
    fn dismiss(&self, uid: &str, at: Option<Timestamp>) -> impl Future<Output = Result<()>> + Send;

    /// Removes an instance that has no keys.
    fn forget(&self, uid: &str) -> impl Future<Output = Result<()>> + Send;

    /// Takes keys off the set of those that have mail and no instance.
    fn settle(&self, kids: &BTreeSet<String>) -> impl Future<Output = Result<()>> + Send;
}

/// What the maps said. They were read one after the other, and may have changed in between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The keys that each instance polls.
    pub lists: BTreeMap<String, KeyList>,
    /// Who has each key.
    pub owners: BTreeMap<String, String>,
    /// When each instance last consumed something. To be compared, never to be read: it is a local time that says it is another.
    pub last_access: BTreeMap<String, String>,
    /// When instances were found to be gone.
    pub dismissed: BTreeMap<String, Timestamp>,
    /// Keys that have mail and no instance.
    pub unassigned: BTreeSet<String>,
}
