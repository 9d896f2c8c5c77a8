//! What an operator asks of a mediator, or of its stores if none runs.

use std::time::Duration;

use anyhow::Context;
use mediator::InvitationText;
use serde_json::{Value, json};
use store::Clock;

use crate::assembly::Assembled;
use crate::dead_letters::{Clerk, Order};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// The invitation that anybody may use any number of times.
    Standing,
    /// A new one that can be used once, within this time.
    Once(Duration),
    /// Something about mail that was refused for good.
    DeadLetters(Order),
}

impl Wish {
    /// As one line.
    pub fn line(&self) -> String {
        match self {
            Self::Standing => "standing\n".to_owned(),
            Self::Once(lifetime) => format!("once {}\n", lifetime.as_millis()),
            Self::DeadLetters(order) => format!("dead-letters {}\n", order.words()),
        }
    }

    /// The reverse of [`Wish::line`].
    pub fn read(line: &str) -> Option<Self> {
        match line.trim_end().split_once(' ') {
            Some(("once", millis)) => {
                millis.parse().ok().map(Duration::from_millis).map(Self::Once)
            }
            Some(("dead-letters", order)) => Order::read(order).map(Self::DeadLetters),
            None if line.trim_end() == "standing" => Some(Self::Standing),
            _ => None,
        }
    }

    /// Fulfils it: an invitation as `GET /invitation` shows it, or what the [`Clerk`] says.
    ///
    /// # Errors
    /// If the store does not take part.
    pub async fn fulfil(&self, parts: &Assembled) -> anyhow::Result<Value> {
        match self {
            Self::Standing => Ok(shown(parts.mediator.invitation())),
            Self::Once(lifetime) => {
                let expires = parts.clock.now() + *lifetime;
                let invitation = parts.mediator.invite_once(expires).await;
                Ok(shown(&invitation.context("the invitation could not be kept")?))
            }
            Self::DeadLetters(order) => {
                let allowance = &parts.mediator.settings().allowance;
                let clerk = Clerk { stores: &parts.stores, allowance, clock: parts.clock.as_ref() };
                Ok(clerk.follow(order).await?)
            }
        }
    }
}

/// As `GET /invitation` shows it.
pub fn shown(invitation: &InvitationText) -> Value {
    json!({"invitation": invitation.json, "invitation_url": invitation.url})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_survives_the_line() {
        let list = Wish::DeadLetters(Order::List(None));
        for wish in [Wish::Standing, Wish::Once(Duration::from_secs(604_800)), list] {
            assert_eq!(Wish::read(&wish.line()), Some(wish));
        }
    }

    #[test]
    fn nonsense_is_no_wish() {
        for line in [
            "",
            "\n",
            "once",
            "once x\n",
            "once -1\n",
            "twice 3\n",
            "standing now\n",
            "dead-letters\n",
        ] {
            assert_eq!(Wish::read(line), None, "{line:?}");
        }
    }
}
