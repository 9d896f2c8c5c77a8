use std::fmt;

/// The prefix if none is named.
pub const DEFAULT_PREFIX: &str = "acapy";

/// How the keys of one deployment are named. The plug-in names each of them by itself; its defaults are those of the prefix `acapy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    prefix: String,
}

/// A prefix that could move a key to another slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a topic prefix is 1 to 64 letters, digits, dots, colons, hyphens and underscores")]
pub struct BadPrefix;

impl Names {
    /// # Errors
    /// [`BadPrefix`].
    pub fn new(prefix: &str) -> Result<Self, BadPrefix> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        let is_prefix = (1..=64).contains(&prefix.len()) && prefix.bytes().all(is_allowed);
        if is_prefix { Ok(Self { prefix: prefix.to_owned() }) } else { Err(BadPrefix) }
    }

    /// The list of what came for a key ([`Inbound`](super::Inbound)).
    #[must_use]
    pub fn inbound(&self, kid: impl fmt::Display) -> String {
        format!("{}_inbound_{kid}", self.prefix)
    }

    /// A stream of what came for the keys of a partition ([`crate::streams`]).
    #[must_use]
    pub fn inbound_stream(&self, partition: u16) -> String {
        format!("{}_inbound_stream_{partition}", self.prefix)
    }

    /// The lists of answers ([`Answer`](super::Answer)): the relay's own name for it, and the plug-in's.
    #[must_use]
    pub fn answers(&self) -> [String; 2] {
        ["direct_response", "direct_resp"].map(|name| format!("{}_inbound_{name}", self.prefix))
    }

    /// The list of what agents send ([`Outbound`](super::Outbound)).
    #[must_use]
    pub fn outbound(&self) -> String {
        format!("{}_outbound", self.prefix)
    }

    /// The list of what a plug-in that mediates has for a key ([`Inbound`](super::Inbound)).
    #[must_use]
    pub fn outbound_of(&self, kid: impl fmt::Display) -> String {
        format!("{}_outbound_{kid}", self.prefix)
    }

    /// The sorted set in which the deliverer that the plug-in came with keeps retries, by due time in seconds since 1970.
    #[must_use]
    pub fn outbound_retry(&self) -> String {
        format!("{}_outbound_retry", self.prefix)
    }

    /// The stream of webhooks for controllers ([`Webhook`](super::Webhook)).
    #[must_use]
    pub fn webhooks(&self) -> String {
        format!("{}_webhooks", self.prefix)
    }

    /// The stream of calls of the admin API ([`AdminCall`](super::AdminCall)).
    #[must_use]
    pub fn admin_calls(&self) -> String {
        format!("{}_admin_calls", self.prefix)
    }

    /// The list of answers for one caller ([`AdminAnswer`](super::AdminAnswer)).
    #[must_use]
    pub fn admin_answers(&self, caller: &str) -> String {
        format!("{}{caller}", self.admin_answers_of_all())
    }

    /// What the names of all lists of answers begin with.
    #[must_use]
    pub fn admin_answers_of_all(&self) -> String {
        format!("{}_admin_answers_", self.prefix)
    }

    /// A key of ours that belongs to this deployment.
    #[must_use]
    pub fn own(&self, what: &str) -> String {
        format!("{}_restante_{what}", self.prefix)
    }

    /// A key of ours in the slot of `list`, so that one script may touch both.
    #[must_use]
    pub fn beside(list: &str, what: &str) -> String {
        format!("{{{list}}}:{what}")
    }
}

/// The hashes by which keys are assigned to instances of the plug-in. They carry no prefix: two deployments on one Redis mix.
#[derive(Debug, Clone, Copy)]
pub struct Maps;

impl Maps {
    /// uid → the keys that it polls ([`KeyList`](super::KeyList)).
    pub const KEYS_OF_UID: &'static str = "uid_recip_keys_map";
    /// Key → the uid that polls it.
    pub const UID_OF_KEY: &'static str = "recip_key_uid_map";
    /// uid → when it last consumed something: its local time, with a `Z` that is not true.
    pub const LAST_ACCESS: &'static str = "uid_last_access_map";
    /// [`Maps::pending_field`] → how many messages were put there less those that were taken, more or less.
    pub const PENDING: &'static str = "uid_recip_key_pending_msg_count";

    /// The field of [`Maps::PENDING`] for a key at a uid.
    #[must_use]
    pub fn pending_field(uid: &str, kid: &str) -> String {
        format!("{uid}_{kid}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_plug_in() {
        let names = Names::new(DEFAULT_PREFIX).unwrap();
        assert_eq!(names.inbound("k1,k2"), "acapy_inbound_k1,k2");
        assert_eq!(names.answers(), ["acapy_inbound_direct_response", "acapy_inbound_direct_resp"]);
        assert_eq!(names.outbound(), "acapy_outbound");
        assert_eq!(Maps::pending_field("u", "k"), "u_k");
    }

    #[test]
    fn a_prefix_that_moves_slots_is_refused() {
        for prefix in ["", "{a}", "a b", &"x".repeat(65)] {
            assert_eq!(Names::new(prefix), Err(BadPrefix), "{prefix}");
        }
    }
}
