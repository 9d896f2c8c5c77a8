//! What a server says of itself.

use std::collections::HashMap;

/// The answer to `INFO`, and to `CLUSTER INFO`: `name:value` lines.
#[derive(Debug, Default)]
pub(crate) struct Info(HashMap<String, String>);

impl Info {
    /// Reads such a text. Lines of another form are passed over.
    pub fn read(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.split_once(':'));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect())
    }

    /// A value, empty if it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether it is a node of a cluster.
    pub fn is_cluster(&self) -> bool {
        self.get("cluster_enabled") == "1"
    }

    /// Whether it has what we need since 7.0: sharded channels.
    pub fn is_new_enough(&self) -> bool {
        let major = self.get("redis_version").split('.').next().and_then(|text| text.parse().ok());
        major.is_some_and(|major: u32| major >= 7)
    }

    /// Whether it copies another.
    pub fn is_replica(&self) -> bool {
        self.get("role") == "slave"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        for (version, enough) in
            [("6.2.14", false), ("7.0.15", true), ("10.1.0", true), ("", false)]
        {
            let info =
                Info::read(&format!("# Server\r\nredis_version:{version}\r\nrole:master\r\n"));
            assert_eq!(info.is_new_enough(), enough, "{version}");
        }
    }
}
