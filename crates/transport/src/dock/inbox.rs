//! What a socket brought and the backend has not seen yet.

use std::collections::VecDeque;

use super::Message;
use crate::Frame;

/// Waits in order, bounded in bytes: while it is full the socket is not read, and TCP holds its peer back.
#[derive(Debug)]
pub(super) struct Inbox {
    items: VecDeque<Item>,
    bytes: usize,
    most: usize,
    messages: u64,
}

/// One thing that goes to the backend.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    Message(Message),
    Pong(u64),
}

/// What an item takes beside its payload.
const ITEM_BYTES: usize = 64;

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Self::Message(message) => message.frame.payload().len() + ITEM_BYTES,
            Self::Pong(_) => ITEM_BYTES,
        }
    }
}

impl Inbox {
    pub(super) fn new(most: usize) -> Self {
        Self { items: VecDeque::new(), bytes: 0, most, messages: 0 }
    }

    /// Whether the socket may be read. What is read then is taken, however large.
    pub(super) fn has_room(&self) -> bool {
        self.bytes < self.most
    }

    pub(super) fn put_frame(&mut self, frame: Frame) {
        self.messages += 1;
        self.put(Item::Message(Message { number: self.messages, frame }));
    }

    pub(super) fn put_pong(&mut self, payload: u64) {
        self.put(Item::Pong(payload));
    }

    fn put(&mut self, item: Item) {
        self.bytes += item.bytes();
        self.items.push_back(item);
    }

    pub(super) fn take(&mut self) -> Option<Item> {
        let item = self.items.pop_front()?;
        self.bytes -= item.bytes();
        if self.items.is_empty() {
            self.items = VecDeque::new();
        }
        Some(item)
    }

    /// Messages that wait.
    pub(super) fn waiting(&self) -> u64 {
        self.items.iter().filter(|item| matches!(item, Item::Message(_))).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn what_came_first_leaves_first_and_is_numbered() {
        let mut inbox = Inbox::new(1000);
        for payload in ["a", "b"] {
            inbox.put_frame(Frame::Text(Bytes::from_static(payload.as_bytes())));
        }
        inbox.put_pong(9);
        let Some(Item::Message(first)) = inbox.take() else { panic!("a message") };
        assert_eq!((first.number, first.frame.payload().as_ref()), (1, &b"a"[..]));
        assert_eq!(inbox.waiting(), 1);
        assert!(matches!(inbox.take(), Some(Item::Message(Message { number: 2, .. }))));
        assert_eq!(inbox.take(), Some(Item::Pong(9)));
        assert_eq!(inbox.take(), None);
    }

    #[test]
    fn a_full_inbox_has_no_room_until_something_was_taken() {
        let mut inbox = Inbox::new(100);
        assert!(inbox.has_room());
        inbox.put_frame(Frame::Binary(Bytes::from_static(&[0; 40])));
        assert!(!inbox.has_room());
        inbox.take();
        assert!(inbox.has_room());
    }
}
