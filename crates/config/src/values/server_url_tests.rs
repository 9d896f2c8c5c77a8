use super::*;

fn redis(text: &str) -> RedisUrl {
    RedisUrl::parse(text).unwrap()
}

#[test]
fn a_port_and_a_database_need_not_be_said() {
    assert_eq!(redis("redis://r.example").to_string(), "redis://r.example:6379/0");
    assert_eq!(redis("rediss://[::1]:7000/3").to_string(), "rediss://[::1]:7000/3");
    assert_eq!(redis("redis://r/").hosts, ["r:6379"]);
}

#[test]
fn several_hosts_are_a_cluster() {
    let cluster = redis("redis://a:7000,b:7001,c");
    assert!(cluster.cluster);
    assert_eq!(cluster.to_string(), "redis://a:7000,b:7001,c:6379/0?cluster=true");
    assert!(redis("rediss://a?cluster=true").cluster && !redis("rediss://a").cluster);
    assert_eq!(redis(&cluster.to_string()), cluster);
}

#[test]
fn a_cluster_has_no_second_database() {
    assert!(RedisUrl::parse("redis://a,b/0").is_some());
    assert!(RedisUrl::parse("redis://a,b/1").is_none());
}

#[test]
fn a_user_and_a_password_may_be_written_with_percent_signs() {
    let url = redis("redis://mail%40box:p%3Aw+d%2F@a,b");
    assert_eq!(url.username.as_deref(), Some("mail@box"));
    assert_eq!(url.password.unwrap().reveal(), "p:w+d/");
    let url = PostgresUrl::parse("postgresql://u:p%40w@p:5433/mail?sslmode=verify-full").unwrap();
    assert_eq!(url.username.as_deref(), Some("u"));
    assert_eq!(url.password.as_ref().unwrap().reveal(), "p@w");
    assert_eq!(url.to_string(), "postgres://p:5433/mail?sslmode=verify-full");
    assert_eq!(url.to(Some("a b@c")), "postgres://a%20b%40c@p:5433/mail?sslmode=verify-full");
}

#[test]
fn a_database_may_be_on_several_servers_or_behind_a_socket() {
    let several = PostgresUrl::parse("postgres://u@a:5432,b/mail").unwrap();
    assert_eq!(several.to_string(), "postgres://a:5432,b/mail");
    assert!(PostgresUrl::parse("postgres:///mail?host=/run/postgresql").is_some());
    assert!(PostgresUrl::parse("postgres:///mail").is_none());
}

#[test]
fn a_password_alone_has_no_user() {
    let url = redis("redis://:pw@a");
    assert_eq!((url.username, url.password.unwrap().reveal()), (None, "pw"));
}

#[test]
fn what_is_no_server_is_refused() {
    for bad in
        ["redis://", "redis://a,,b", "redis://a/x", "redis://a?x=y", "redis://a:99999", "http://a"]
    {
        assert!(RedisUrl::parse(bad).is_none(), "{bad}");
    }
    for bad in
        ["postgres://h", "postgres://h/", "postgres:d", "postgres://h/d?password=x", "mysql://h/d"]
    {
        assert!(PostgresUrl::parse(bad).is_none(), "{bad}");
    }
}

#[test]
fn no_password_is_shown_not_even_of_what_is_no_url() {
    for (text, shown) in [
        ("redis://a:1,b:2/0", "redis://a:1,b:2/0"),
        ("redis://u:pw@a", "redis://u:…@a"),
        ("redis://:pw@a", "redis://:…@a"),
        ("redis://u:p/w@d:pw@a", "redis://u:…@a"),
        ("redis://u:pw@a,redis://u:pw@b", "redis://u:…@b"),
        ("u:pw@a", "u:…@a"),
        ("postgres://u@h/d", "postgres://u@h/d"),
        ("postgres://h/d?sslmode=require&password=pw", "postgres://h/d?…"),
    ] {
        assert_eq!(without_password(text), shown, "{text}");
    }
    let url = redis("redis://u:pw@a");
    assert!(!format!("{url:?} {url}").contains("pw"));
}
