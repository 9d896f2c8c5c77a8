use super::*;

const OWNER: RecipientId = RecipientId([7; 16]);

#[test]
fn rings_before_anybody_listens_are_kept_as_one() {
    let bells = Bells::default();
    let mut watch = bells.watch(OWNER, Epoch(1), Company::Alone).unwrap();
    assert!(bells.ring(OWNER));
    assert!(bells.ring(OWNER));
    assert_eq!(watch.try_next(), Some(Notice::Mail));
    assert_eq!(watch.try_next(), None);
}

#[test]
fn a_newer_reader_displaces_the_older_one() {
    let bells = Bells::default();
    let mut old = bells.watch(OWNER, Epoch(1), Company::Alone).unwrap();
    let mut new = bells.watch(OWNER, Epoch(2), Company::Alone).unwrap();
    bells.ring(OWNER);
    assert_eq!(old.try_next(), Some(Notice::Displaced));
    assert_eq!(new.try_next(), Some(Notice::Mail));
    assert!(matches!(bells.watch(OWNER, Epoch(1), Company::Alone), Err(StoreError::Displaced)));
}

#[test]
fn a_reader_that_is_dropped_leaves_nothing_behind() {
    let bells = Bells::default();
    let old = bells.watch(OWNER, Epoch(1), Company::Alone).unwrap();
    let new = bells.watch(OWNER, Epoch(2), Company::Alone).unwrap();
    drop(old);
    assert!(bells.is_reader(OWNER, Epoch(2)));
    drop(new);
    assert!(!bells.ring(OWNER));
}

#[test]
fn only_a_reader_that_is_dropped_says_farewell() {
    let heard = Arc::<Mutex<Vec<Epoch>>>::default();
    let bells = Bells::with_farewell({
        let heard = heard.clone();
        move |_, epoch| heard.lock().push(epoch)
    });
    let displaced = bells.watch(OWNER, Epoch(1), Company::Alone).unwrap();
    let left = bells.watch(OWNER, Epoch(2), Company::Alone).unwrap();
    drop(displaced);
    bells.leave(OWNER, Epoch(2));
    drop(left);
    drop(bells.watch(OWNER, Epoch(3), Company::Alone).unwrap());
    assert_eq!(*heard.lock(), [Epoch(3)]);
}

#[test]
fn a_second_watch_of_the_same_session_outlives_the_first() {
    let bells = Bells::default();
    let first = bells.watch(OWNER, Epoch(1), Company::Alone).unwrap();
    let _second = bells.watch(OWNER, Epoch(1), Company::Alone).unwrap();
    drop(first);
    assert!(bells.is_reader(OWNER, Epoch(1)));
}

#[test]
fn of_readers_that_the_engine_does_not_know_those_in_company_ask_and_one_alone_goes() {
    let bells = Bells::default();
    let mut first = bells.watch(OWNER, Epoch(1), Company::Shared).unwrap();
    let mut second = bells.watch(OWNER, Epoch(2), Company::Shared).unwrap();
    bells.unknown(OWNER, Epoch(2));
    assert_eq!((first.try_next(), second.try_next()), (Some(Notice::Mail), Some(Notice::Mail)));
    let mut alone = bells.watch(OWNER, Epoch(3), Company::Alone).unwrap();
    bells.unknown(OWNER, Epoch(3));
    assert_eq!(alone.try_next(), Some(Notice::Displaced));
}

#[test]
fn readers_in_company_all_hear_and_one_that_comes_alone_sends_them_away() {
    let bells = Bells::default();
    let mut second = bells.watch(OWNER, Epoch(2), Company::Shared).unwrap();
    let mut first = bells.watch(OWNER, Epoch(1), Company::Shared).unwrap();
    bells.ring(OWNER);
    assert_eq!((first.try_next(), second.try_next()), (Some(Notice::Mail), Some(Notice::Mail)));
    bells.ring_session(OWNER, Epoch(1));
    assert_eq!((first.try_next(), second.try_next()), (Some(Notice::Mail), None));
    let _third = bells.watch(OWNER, Epoch(3), Company::Alone).unwrap();
    assert_eq!(first.try_next(), Some(Notice::Displaced));
    assert_eq!(second.try_next(), Some(Notice::Displaced));
    assert_eq!(bells.watched(), [(OWNER, Epoch(3))]);
}
