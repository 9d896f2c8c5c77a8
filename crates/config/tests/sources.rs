//! Which source has the last word, and what an operator reads when one of them is wrong.

use std::path::PathBuf;

use config::{FlagValue, Loaded, Problem, Problems, Source, Sources, StoreUrl, find, load};

fn file(text: &str) -> Sources {
    Sources { file: Some((PathBuf::from("restante.toml"), text.to_owned())), ..Sources::default() }
}

fn env(pairs: &[(&str, &str)]) -> Sources {
    let env = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Sources { env, ..Sources::default() }
}

fn flag(path: &str, text: &str) -> FlagValue {
    FlagValue { typed: format!("--set {path}"), path: path.to_owned(), text: text.to_owned() }
}

fn complaints(sources: Sources) -> String {
    load(sources).expect_err("these sources are wrong").to_string()
}

fn label(loaded: &Loaded) -> (&str, Source) {
    (
        &loaded.config.identity.label,
        loaded.spoken(find("identity.label").expect("a setting")).source,
    )
}

#[test]
fn without_sources_the_defaults_are_in_force() {
    let loaded = load(Sources::default()).unwrap();
    assert_eq!(loaded.config.listen.address.to_string(), "127.0.0.1:8080");
    assert_eq!(loaded.config.store.url, StoreUrl::Embedded(None));
    assert_eq!(loaded.config.store.directory(), PathBuf::from("./restante-data"));
    assert_eq!(label(&loaded), ("Restante mediator", Source::Default));
}

#[test]
fn each_source_overrules_the_one_before() {
    let mut sources = file("[identity]\n\nlabel = 'file'\n");
    let from_file = Source::File { path: PathBuf::from("restante.toml"), line: 3 };
    assert_eq!(label(&load(file("[identity]\n\nlabel = 'file'\n")).unwrap()), ("file", from_file));

    sources.env = env(&[("RESTANTE_LABEL", "env")]).env;
    assert_eq!(label(&load(sources).unwrap()), ("env", Source::Env("RESTANTE_LABEL".to_owned())));

    let mut sources = env(&[("RESTANTE_IDENTITY__LABEL", "env")]);
    sources.flags = vec![flag("identity.label", "flag")];
    assert_eq!(label(&load(sources).unwrap()).0, "flag");
}

#[test]
fn the_default_file_changes_nothing() {
    let shown = config::in_force(&load(Sources::default()).unwrap());
    let from_file = config::in_force(&load(file(&config::default_file())).unwrap());
    let values = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.split("   from ").next().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(values(&shown), values(&from_file));
    assert!(from_file.contains("from restante.toml:"));
}

#[test]
fn an_unknown_key_is_an_error_with_a_suggestion() {
    let complaint = complaints(file("[listen]\nadress = '127.0.0.1:1'\n"));
    assert_eq!(
        complaint,
        "restante.toml:2: there is no setting `listen.adress`; did you mean `listen.address`?"
    );
}

#[test]
fn a_key_in_the_wrong_section_is_sent_to_the_right_one() {
    assert!(
        complaints(file("public_url = 'https://a.example'"))
            .contains("did you mean `listen.public_url`?")
    );
    assert!(
        complaints(file("[mediation]\nretention = '3d'"))
            .contains("did you mean `mailbox.retention`?")
    );
}

#[test]
fn nothing_is_suggested_that_is_not_similar() {
    assert_eq!(
        complaints(file("[q]\nzzzzzz = 1")),
        "restante.toml:2: there is no setting `q.zzzzzz`"
    );
}

#[test]
fn a_bad_value_says_who_wrote_it_and_what_is_allowed() {
    let complaint = complaints(env(&[("RESTANTE_MAILBOX__RETENTION", "30")]));
    assert_eq!(
        complaint,
        "RESTANTE_MAILBOX__RETENTION: `mailbox.retention` is \"30\", expected a time from 1ms to 3650days, \
         such as 500ms, 15s, 5min or 30d"
    );
}

#[test]
fn all_mistakes_are_shown_at_once() {
    let mut sources = file("[mailbox]\nretention = 30\n[log]\nlevel = 'loud'\n");
    sources.flags = vec![flag("pickup.window", "0")];
    let Problems(problems) = load(sources).unwrap_err();
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn a_file_that_is_not_toml_names_the_line() {
    assert!(complaints(file("[listen]\naddress =\n")).starts_with("restante.toml:2: "));
}

#[test]
fn numbers_and_truths_need_no_quotes() {
    let loaded = load(file("[pickup]\nwindow = 7\n[invitation]\nstanding = false\n")).unwrap();
    assert_eq!(loaded.config.pickup.window, 7);
    assert!(!loaded.config.invitation.standing);
}

#[test]
fn a_list_where_one_value_belongs_is_refused() {
    assert!(complaints(file("[pickup]\nwindow = [1]\n")).contains("a list or a table"));
}

#[test]
fn a_list_is_a_list_in_toml_and_commas_elsewhere() {
    let from_file = load(file("[listen]\nproxies = ['127.0.0.1', '10.0.0.0/8']\n")).unwrap();
    let from_env = load(env(&[("RESTANTE_PROXIES", "127.0.0.1,10.0.0.0/8")])).unwrap();
    assert_eq!(from_file.config.listen.proxies, from_env.config.listen.proxies);
    assert_eq!(from_file.config.listen.proxies.0.len(), 2);
}

#[test]
fn two_names_of_one_variable_are_one_too_many() {
    let Problems(problems) =
        load(env(&[("RESTANTE_LABEL", "a"), ("RESTANTE_IDENTITY__LABEL", "b")])).unwrap_err();
    assert!(matches!(problems.as_slice(), [Problem::Twice(..)]));
}

#[test]
fn an_unknown_variable_is_an_error_with_a_suggestion() {
    assert!(
        complaints(env(&[("RESTANTE_PUBLIC_URI", "x")]))
            .contains("did you mean `RESTANTE_PUBLIC_URL`?")
    );
}

#[test]
fn service_links_and_other_programs_variables_are_passed_over() {
    let links = [
        ("RESTANTE_SERVICE_HOST", "10.0.0.1"),
        ("RESTANTE_SERVICE_PORT_HTTP", "80"),
        ("RESTANTE_PORT", "tcp://10.0.0.1:80"),
        ("RESTANTE_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("PATH", "/bin"),
        ("RESTANTE_LABEL", ""),
    ];
    assert_eq!(label(&load(env(&links)).unwrap()).0, "Restante mediator");
}

#[test]
fn a_secret_comes_from_the_environment_alone_and_is_never_shown() {
    let secret = "ab".repeat(32);
    let loaded = load(env(&[("RESTANTE_ROOT_SECRET", &secret)])).unwrap();
    assert_eq!(loaded.config.identity.root_secret.as_ref().unwrap().reveal(), secret);
    assert!(!config::in_force(&loaded).contains("abab"));
    assert!(!format!("{loaded:?}").contains("abab"));

    let in_file = complaints(file(&format!("[identity]\nroot_secret = '{secret}'\n")));
    assert!(in_file.contains("is a secret") && !in_file.contains("abab"), "{in_file}");

    let sources =
        Sources { flags: vec![flag("identity.root_secret", &secret)], ..Sources::default() };
    assert!(!complaints(sources).contains("abab"));
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    assert!(complaints(file("[tls]\ncertificate = 'a.pem'\n")).contains("set both or none"));
    assert!(complaints(file("[pickup]\nlease = '5s'\n")).contains("has to be longer"));
    assert!(
        complaints(file("[admin]\nlisten = '127.0.0.1:8080'\n")).contains("a port of their own")
    );
    assert!(complaints(file("[transport]\nheader_bytes = '1KiB'\n")).contains("8KiB at least"));
    assert!(complaints(file("[outbound]\nbackoff_most = '1ms'\n")).contains("is longer than"));
}

#[test]
fn a_table_in_a_table_is_a_section() {
    let loaded = load(file(
        "[store]\nurl = 'redis://r'\n[redis]\nprefix = 'mail'\n[redis.credentials]\nusername = 'u'\n",
    ))
    .unwrap();
    assert_eq!(loaded.config.redis.prefix, "mail");
    assert_eq!(loaded.config.redis_credentials.username.as_deref(), Some("u"));
    assert_eq!(
        complaints(file("[redis.credentials]\nusrname = 'u'\n")),
        "restante.toml:2: there is no setting `redis.credentials.usrname`; did you mean `redis.credentials.username`?"
    );
    assert!(complaints(file("[redis.tls]\ncacerts = 'x'\n")).contains("no setting `redis.tls`"));
}

#[test]
fn a_password_in_a_url_comes_from_the_environment_alone_and_is_never_shown() {
    let url = "redis://u:hunter2@r:1";
    let loaded = load(env(&[("RESTANTE_STORE", url)])).unwrap();
    assert!(config::in_force(&loaded).contains("redis://u:…@r:1   from RESTANTE_STORE"));
    assert!(!format!("{loaded:?}").contains("hunter2"));

    let sources = Sources { flags: vec![flag("store.url", url)], ..Sources::default() };
    for complaint in [
        complaints(file(&format!("[store]\nurl = '{url}'\n"))),
        complaints(sources),
        complaints(env(&[("RESTANTE_STORE", "redis://u:hunter2@r:port")])),
    ] {
        assert!(!complaint.contains("hunter2"), "{complaint}");
    }
}
