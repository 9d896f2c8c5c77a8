//! What the doctor says about docks.

use servers::free_port;
use testkit::Site;

use crate::running::{restante, text};

fn doctor(set: &[&str], env: &[(&str, &str)]) -> (Option<i32>, String) {
    let home = tempfile::tempdir().expect("a directory");
    let set: Vec<_> = set.iter().flat_map(|setting| ["--set", setting]).collect();
    let args = [&["doctor", "dock"], set.as_slice()].concat();
    let output = restante(home.path(), &args).envs(env.iter().copied()).output().expect("it runs");
    (output.status.code(), text(&output.stdout))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dock_that_has_all_it_needs_is_told_so() {
    let site = Site::open().await;
    let uri = format!("dock.message_uri={}", site.url("/message"));
    let set = ["dock.backend=http", &uri, "dock.private_listen=127.0.0.1:8766"];
    let (code, said) = doctor(&set, &[("RESTANTE_DOCK__KEYS", "sixteen-letters-and-more")]);
    assert_eq!(code, Some(0), "{said}");
    for line in ["ok      backend", "ok      callbacks", "ok      private side"] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn what_leaves_a_dock_open_to_others_is_advised_against() {
    let uri = format!("dock.message_uri=http://127.0.0.1:{}/", free_port());
    let (code, said) = doctor(&["dock.backend=http", &uri], &[]);
    assert_eq!(code, Some(1), "nobody is behind it: {said}");
    for line in ["WRONG   backend", "advice  callbacks", "advice  private side"] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn a_store_that_no_mediator_can_share_is_wrong() {
    let (code, said) = doctor(&["dock.backend=store"], &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("WRONG   backend       is a store that cannot be shared"), "{said}");
}
