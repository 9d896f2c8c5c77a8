//! The one thread that starts all children.
//!
//! The kernel tells a child of its parent's death when the *thread* that started it ends. A test's own thread ends with the
//! test, and a runtime's threads come and go; this one stays as long as the process.

use std::io;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};

type Order = (Command, Sender<io::Result<Child>>);

static ORDERS: OnceLock<Sender<Order>> = OnceLock::new();

pub(super) fn spawn(command: Command) -> io::Result<Child> {
    let (answer, child) = channel();
    let ordered = ORDERS.get_or_init(open).send((command, answer));
    ordered.expect("the nursery stays open");
    child.recv().expect("the nursery answers")
}

fn open() -> Sender<Order> {
    let (orders, incoming) = channel();
    std::thread::spawn(move || attend(&incoming));
    orders
}

fn attend(orders: &Receiver<Order>) {
    while let Ok((mut command, answer)) = orders.recv() {
        // Whoever ordered it waits for the answer.
        let _ = answer.send(command.spawn());
    }
}
