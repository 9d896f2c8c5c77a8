use crate::setting::section;

section! {
    /// How the process ends.
    Shutdown "shutdown" {
        /// How long work in hand may take after SIGTERM or SIGINT. A second signal ends the process at once.
        deadline: std::time::Duration = "20s", flag "shutdown-deadline";
    }
}
