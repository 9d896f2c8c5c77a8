use crate::value::Value;

/// A setting whose value is one of a few words.
macro_rules! choice {
    ($(#[$about:meta])* $Choice:ident, $expected:literal { $($(#[$help:meta])* $word:literal => $Variant:ident),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $Choice {
            $($(#[$help])* $Variant),+
        }

        impl $Choice {
            /// The word an operator writes.
            pub fn word(self) -> &'static str {
                match self { $(Self::$Variant => $word),+ }
            }
        }

        impl Value for $Choice {
            const EXPECTED: &'static str = $expected;
            fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$Variant),)+ _ => None }
            }
        }
    };
}

choice! {
    /// Who is granted mediation.
    Policy, "open or deny" {
        /// Everybody who is connected.
        "open" => Open,
        /// Nobody new. Grants that stand go on.
        "deny" => Deny,
    }
}

choice! {
    /// Which of several sockets of one wallet get its mail.
    Sockets, "newest or all" {
        /// The newest one; the others are closed.
        "newest" => Newest,
        /// Every one; the first acknowledgement counts.
        "all" => All,
    }
}

choice! {
    /// For which messages a relay asks agents to answer on the way that they came.
    Answering, "never, sockets or all" {
        /// For none.
        "never" => Never,
        /// For those that come on a socket.
        "sockets" => Sockets,
        /// For posted ones too.
        "all" => All,
    }
}

choice! {
    /// Who stands behind a dock.
    DockBackend, "http, store or loopback" {
        /// Somebody who is called back over HTTP.
        "http" => Http,
        /// Mediators that share its store.
        "store" => Store,
        /// The dock itself answers.
        "loopback" => Loopback,
    }
}

choice! {
    /// How log lines look.
    LogFormat, "auto, human or json" {
        /// Human on a terminal, JSON otherwise.
        "auto" => Auto,
        /// One line to read.
        "human" => Human,
        /// One JSON object a line.
        "json" => Json,
    }
}

choice! {
    /// The least important log line that is written.
    Level, "error, warn, info, debug or trace" {
        /// What somebody has to act on.
        "error" => Error,
        /// What may become an error.
        "warn" => Warn,
        /// What an operator wants to know.
        "info" => Info,
        /// What a developer wants to know.
        "debug" => Debug,
        /// Everything.
        "trace" => Trace,
    }
}
