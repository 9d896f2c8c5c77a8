use protocols::client;

use crate::Parcel;

/// What a mediator says, as far as a wallet cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// Mail with ids to acknowledge.
    Delivery {
        /// The request that is answered; without one, the mail was pushed.
        thread: Option<String>,
        /// The mail.
        items: Vec<Item>,
    },
    /// Mail of pickup 1.0.
    Batch(Vec<Item>),
    /// How much waits.
    Status {
        /// The request that is answered.
        thread: Option<String>,
        /// Messages that wait.
        messages: u64,
        /// Whether live mode is on.
        live: bool,
    },
    /// A problem report with this code.
    Problem(String),
    /// Anything else.
    Other {
        /// Its type.
        kind: String,
        /// The plaintext.
        text: Vec<u8>,
    },
}

/// One message of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its pickup id.
    pub id: String,
    /// What it is; `None` if it is no parcel of this test.
    pub parcel: Option<Parcel>,
}

impl Words {
    /// Reads a plaintext.
    pub fn read(text: &[u8]) -> Self {
        let kind = client::message_type(text);
        match kind.rsplit('/').next().unwrap_or_default() {
            "delivery" => client::read_delivery(text).map(|items| Self::Delivery {
                thread: client::thread_id(text),
                items: named(items),
            }),
            "batch" => client::read_batch(text).map(|items| Self::Batch(named(items))),
            "status" => client::read_status(text).map(|status| Self::Status {
                thread: client::thread_id(text),
                messages: status.messages,
                live: status.live,
            }),
            _ => client::problem_code(text).map(Self::Problem),
        }
        .unwrap_or_else(|| Self::Other { kind, text: text.to_vec() })
    }

    /// Its mail, if it carries some.
    pub fn items(&self) -> &[Item] {
        match self {
            Self::Delivery { items, .. } | Self::Batch(items) => items,
            _ => &[],
        }
    }
}

fn named(items: Vec<client::Delivered>) -> Vec<Item> {
    let named =
        |item: client::Delivered| Item { parcel: Parcel::read(&item.envelope), id: item.id };
    items.into_iter().map(named).collect()
}
