//! The ports that are not for strangers: statuses, webhooks of agents, calls of their admin API.

mod admin;
mod office;
mod replies;
mod status;
mod webhooks;

pub use admin::AdminProxy;
pub use office::PrivateOffice;
pub use status::Status;
pub use webhooks::WebhookTaker;
