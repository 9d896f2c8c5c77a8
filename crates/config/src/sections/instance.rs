use crate::setting::section;

section! {
    /// One mediator among several that share a store.
    Instance "instance" {
        /// The name of this one in logs and metrics; the host's name if not set. Each start adds some random letters, so that no two
        /// processes ever have the same.
        name: Option<String> = "", flag "instance-name";
    }
}
