//! Scripts, and calls of them.

use std::sync::LazyLock;

use redis::{Cmd, ToRedisArgs};

/// A Lua script that the server knows by its hash.
pub struct Script {
    pub(crate) name: &'static str,
    source: &'static str,
    hash: LazyLock<String, Box<dyn FnOnce() -> String + Send>>,
}

impl Script {
    /// A script named `name`, for messages.
    #[must_use]
    pub fn new(name: &'static str, source: &'static str) -> Self {
        let hash: Box<dyn FnOnce() -> String + Send> =
            Box::new(|| redis::Script::new(source).get_hash().to_owned());
        Self { name, source, hash: LazyLock::new(hash) }
    }

    /// A call on `keys`, all of one slot; arguments follow with [`Call::arg`].
    #[must_use]
    pub fn on<K: AsRef<[u8]>>(&'static self, keys: &[K]) -> Call {
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.hash.as_str()).arg(keys.len());
        for key in keys {
            command.arg(key.as_ref());
        }
        let lane = keys.first().map_or(0, |key| lane_of(key.as_ref()));
        Call { script: self, command, lane }
    }
}

/// Calls for the same key go the same way and keep their order.
pub(crate) fn lane_of(key: &[u8]) -> usize {
    key.iter().fold(0, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)))
}

/// A script with its keys and arguments.
pub struct Call {
    pub(crate) script: &'static Script,
    pub(crate) command: Cmd,
    pub(crate) lane: usize,
}

impl Call {
    /// One argument more.
    #[must_use]
    pub fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.command.arg(argument);
        self
    }

    /// The same call for a server that does not know the script yet.
    pub(crate) fn with_source(&self) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(self.script.source);
        for argument in self.command.args_iter().skip(2) {
            if let redis::Arg::Simple(bytes) = argument {
                command.arg(bytes);
            }
        }
        command
    }
}

/// `script!(NAME, "file.lua", …)` is a static of that name with these files behind each other.
macro_rules! script {
    ($name:ident, $($file:literal),+) => {
        static $name: std::sync::LazyLock<$crate::script::Script> = std::sync::LazyLock::new(|| {
            $crate::script::Script::new(stringify!($name), concat!($(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/scripts/", $file))),+))
        });
    };
}
pub(crate) use script;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_with_source_has_the_same_keys_and_arguments() {
        static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new("one", "return 1"));
        let call = SCRIPT.on(&[b"key".to_vec()]).arg("argument").arg(7);
        let packed = |command: &Cmd| command.get_packed_command();
        let mut expected = redis::cmd("EVAL");
        expected.arg("return 1").arg(1).arg("key").arg("argument").arg(7);
        assert_eq!(packed(&call.with_source()), packed(&expected));
    }
}
