use config::{Secret, Value};

use super::*;

fn identity() -> Identity {
    config::load(config::Sources::default()).unwrap().config.identity
}

fn same(a: &RootSecret, b: &RootSecret) -> bool {
    let key =
        |root: &RootSecret| mediator::Identity::from_root(root.clone()).standing_invitation_id();
    key(a) == key(b)
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_first_start_makes_a_secret_that_only_its_owner_reads() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("a/b");
    let first = read_or_make(&identity(), &data).unwrap();
    assert_eq!(fs::metadata(data.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(same(&first, &read_or_make(&identity(), &data).unwrap()));
    let other = read_or_make(&identity(), &home.path().join("c")).unwrap();
    assert!(!same(&first, &other));
}

#[test]
fn a_secret_that_others_may_read_is_refused() {
    let home = tempfile::tempdir().unwrap();
    read_or_make(&identity(), home.path()).unwrap();
    for mode in [0o644, 0o640, 0o602] {
        chmod(&home.path().join(FILE), mode);
        let error = read_or_make(&identity(), home.path()).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_mounted_secret_may_be_open_to_its_group_and_written_in_digits() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("mounted");
    fs::write(&path, "Ab".repeat(32) + "\n").unwrap();
    chmod(&path, 0o440);
    let mut identity = identity();
    identity.root_secret_file = Some(path.clone());
    let mounted = read_or_make(&identity, &home.path().join("data")).unwrap();
    assert!(same(&mounted, &RootSecret::new([0xab; 32])));
    assert!(!home.path().join("data").join(FILE).exists());
    chmod(&path, 0o444);
    assert!(read_or_make(&identity, home.path()).is_err());
}

#[test]
fn a_secret_from_the_environment_is_never_repeated_in_a_message() {
    let home = tempfile::tempdir().unwrap();
    let mut identity = identity();
    identity.root_secret = Secret::parse(&"0".repeat(64));
    assert!(same(&read_or_make(&identity, home.path()).unwrap(), &RootSecret::new([0; 32])));
    identity.root_secret = Secret::parse("hunter2");
    let error = read_or_make(&identity, home.path()).unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn a_lost_secret_is_not_replaced_beside_data() {
    let home = tempfile::tempdir().unwrap();
    read_or_make(&identity(), home.path()).unwrap();
    fs::write(home.path().join("mail"), "x").unwrap();
    fs::remove_file(home.path().join(FILE)).unwrap();
    let error = read_or_make(&identity(), home.path()).unwrap_err().to_string();
    assert!(error.contains("backup"), "{error}");
    assert!(!home.path().join(FILE).exists());
}

#[test]
fn a_damaged_secret_is_refused() {
    let home = tempfile::tempdir().unwrap();
    read_or_make(&identity(), home.path()).unwrap();
    for damaged in ["", "short", &"z".repeat(64), &"0".repeat(200)] {
        fs::write(home.path().join(FILE), damaged).unwrap();
        assert!(read_or_make(&identity(), home.path()).is_err(), "{damaged:?}");
    }
}

#[test]
fn a_start_that_was_interrupted_begins_again() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(UNFINISHED), "half").unwrap();
    assert!(read_or_make(&identity(), home.path()).is_ok());
}
