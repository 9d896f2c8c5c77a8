use crate::setting::section;

section! {
    /// How invitations introduce the mediator (RFC 0434).
    Invitation "invitation" {
        /// What the invitation is for, for machines.
        goal_code: Option<String> = "aries.vc.mediate";
        /// What the invitation is for, for people.
        goal: Option<String> = "Keep and deliver your messages";
        /// A picture of the mediator that wallets may show: an https or data URL. It makes the QR code denser.
        image_url: Option<String> = "";
        /// Whether the standing invitation, which anybody may use any number of times, is honoured.
        /// Without it, only invitations made by `restante invite --once` are.
        standing: bool = "true";
    }
}
