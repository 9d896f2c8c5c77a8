//! Mail that an endpoint refused for good, in the hands of an operator.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use store::{
    Clock, DeadLetter, DeadLetters, Demand, Mail, Mailbox, Position, RecipientId, Timestamp,
};
use store_embedded::{EmbeddedStore, Options};

use crate::running::{Running, run, text};

const OWNER: RecipientId = RecipientId([7; 16]);
/// In 2026, so that nothing is too old to be kept.
const BURIED: Timestamp = Timestamp(1_790_000_000_000);

struct Then;

impl Clock for Then {
    fn now(&self) -> Timestamp {
        BURIED
    }
}

fn open(home: &Path) -> Arc<EmbeddedStore> {
    EmbeddedStore::open(&home.join("restante-data"), Options::default(), Arc::new(Then))
        .expect("nobody else has it open")
}

fn position(number: u64) -> Position {
    Position { sequence: number, incarnation: 9 }
}

/// A data directory as a mediator left it, with dead letters 1 to 3.
async fn graveyard(home: &Path) {
    Running::start(home, &[]).terminate();
    let store = open(home);
    for number in 1..=3 {
        let mail = Mail {
            position: position(number),
            envelope: Bytes::from(format!("envelope {number}")),
            destination: Destination::Key(VerKey::from_bytes([1; 32])),
            received: BURIED,
        };
        let reason = format!("410 Gone\n{number}");
        store
            .bury(&DeadLetter { owner: OWNER, mail, reason, buried: BURIED })
            .await
            .expect("it is kept");
    }
}

async fn waiting(home: &Path) -> Vec<Bytes> {
    let mail = open(home).peek(OWNER, &Demand::of(10, 1 << 20)).await.expect("it is read");
    mail.into_iter().map(|mail| mail.envelope).collect()
}

async fn listed_replayed_and_dropped(home: &Path) {
    let listed = text(&run(home, &["dead-letters", "list"]).stdout);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(listed.contains("410 Gone") && listed.contains(&position(2).to_string()), "{listed}");
    let replayed = run(home, &["dead-letters", "replay", &position(2).to_string()]);
    assert!(replayed.status.success(), "{}", text(&replayed.stderr));
    let again = run(home, &["dead-letters", "replay", &position(2).to_string()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stdout).contains("is not there"), "{}", text(&again.stdout));
    assert!(run(home, &["dead-letters", "drop", &position(1).to_string()]).status.success());
    let json = text(&run(home, &["dead-letters", "list", "--json"]).stdout);
    assert!(json.lines().count() == 1 && json.contains(&position(3).to_string()), "{json}");
}

#[tokio::test]
async fn a_running_mediator_puts_dead_letters_back_or_throws_them_away() {
    let home = tempfile::tempdir().unwrap();
    graveyard(home.path()).await;
    let running = Running::start(home.path(), &[]);
    listed_replayed_and_dropped(home.path()).await;
    running.terminate();
    assert_eq!(waiting(home.path()).await, [Bytes::from("envelope 2")]);
}

#[tokio::test]
async fn no_mediator_is_needed_for_it() {
    let home = tempfile::tempdir().unwrap();
    graveyard(home.path()).await;
    listed_replayed_and_dropped(home.path()).await;
    let all = run(home.path(), &["dead-letters", "replay", "--all"]);
    assert!(all.status.success(), "{}", text(&all.stderr));
    assert_eq!(waiting(home.path()).await, ["envelope 2", "envelope 3"].map(Bytes::from));
    let none = run(home.path(), &["dead-letters", "list"]);
    assert_eq!(text(&none.stdout), "There are no dead letters.\n");
}

#[test]
fn what_is_no_dead_letter_is_said_so() {
    let home = tempfile::tempdir().unwrap();
    let nowhere = run(home.path(), &["dead-letters", "list"]);
    assert_eq!(nowhere.status.code(), Some(2), "{}", text(&nowhere.stderr));
    assert!(!home.path().join("restante-data").exists());
    let nobody = run(home.path(), &["dead-letters", "drop"]);
    assert_eq!(nobody.status.code(), Some(2));
}
