use crate::setting::section;
use crate::values::Policy;

section! {
    /// Who is mediated (RFC 0211).
    Mediation "mediation" {
        /// Who is granted mediation: `open` is everybody who is connected, `deny` nobody new. Grants that stand go on.
        policy: Policy = "open", flag "policy";
        /// Keys that one agent may have on its keylist.
        keys: usize = "10000";
        /// How long a forward to an unknown key waits for a keylist update that is under way.
        patience: std::time::Duration = "1s";
        /// How many forwards may wait so at the same time.
        waiting: usize = "1000";
        /// Whether such a forward is refused in the end (404), so that its sender knows. `false` answers it like any other, so that
        /// nobody can find out which keys are listed; the message is thrown away.
        refuse_unknown: bool = "true";
    }
}
