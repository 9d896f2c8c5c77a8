//! What the port answers over HTTP.

mod common;

use std::time::Duration;

use common::{open, post, rest, status, tight};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::time::Instant;
use transport::{Count, Limits};

#[tokio::test]
async fn a_forward_is_accepted_with_an_empty_body() {
    let response = open(tight()).await.post("forward").await;
    assert_eq!(status(&response), 202);
    assert!(response.ends_with("\r\n\r\n"), "{response}");
}

#[tokio::test]
async fn a_reply_comes_as_an_envelope_without_parameters() {
    let response = open(tight()).await.post("ask").await;
    assert_eq!(status(&response), 200);
    assert!(response.contains("content-type: application/didcomm-envelope-enc\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\nreply"), "{response}");
}

#[tokio::test]
async fn a_reply_to_an_old_agent_has_the_old_type() {
    let port = open(tight()).await;
    let response = port.exchange(post("ask", "application/ssi-agent-wire").as_bytes()).await;
    assert!(response.contains("content-type: application/ssi-agent-wire\r\n"), "{response}");
}

#[tokio::test]
async fn refusals_have_their_own_status() {
    let port = open(tight()).await;
    assert_eq!(status(&port.post("junk").await), 400);
    assert_eq!(status(&port.post("").await), 400);
    assert_eq!(status(&port.post("stranger").await), 404);
}

#[tokio::test]
async fn a_form_is_refused_by_its_type() {
    let port = open(tight()).await;
    let response =
        port.exchange(post("forward", "application/x-www-form-urlencoded").as_bytes()).await;
    assert_eq!(status(&response), 415);
    assert_eq!(port.tally.of(Count::MediaTypes), 1);
}

#[tokio::test]
async fn when_the_store_is_away_the_connection_ends_without_a_status() {
    let port = open(tight()).await;
    assert_eq!(port.post("away").await, "");
    assert_eq!(port.tally.of(Count::Cuts), 1);
}

#[tokio::test]
async fn one_connection_takes_many_envelopes() {
    let port = open(tight()).await;
    let keep = post("forward", "text/plain").replace("connection: close\r\n", "");
    let request = format!("{keep}{keep}{}", post("ask", "text/plain"));
    let response = port.exchange(request.as_bytes()).await;
    assert_eq!(response.matches("HTTP/1.1 202 ").count(), 2, "{response}");
    assert!(response.ends_with("reply"), "{response}");
    assert_eq!(port.tally.of(Count::Connections), 1);
}

#[tokio::test]
async fn a_browser_sees_the_page_with_its_policy() {
    let port = open(tight()).await;
    let response = port.get("/").await;
    assert_eq!(status(&response), 200);
    assert!(response.contains("content-type: text/html; charset=utf-8\r\n"), "{response}");
    assert!(response.contains("content-security-policy: default-src 'none'\r\n"), "{response}");
    assert!(response.contains("x-content-type-options: nosniff\r\n"), "{response}");
    assert!(port.get("/?oob=abc").await.ends_with("<p>oob=abc</p>"));
}

#[tokio::test]
async fn a_head_request_gets_the_length_and_no_body() {
    let port = open(tight()).await;
    let response = port.exchange(b"HEAD / HTTP/1.1\r\nhost: m\r\nconnection: close\r\n\r\n").await;
    assert_eq!(status(&response), 200);
    assert!(
        response.contains("content-length: 14\r\n") && response.ends_with("\r\n\r\n"),
        "{response}"
    );
}

#[tokio::test]
async fn the_invitation_may_be_read_from_any_web_page() {
    let port = open(tight()).await;
    let response = port.get("/invitation").await;
    assert_eq!(status(&response), 200);
    assert!(response.contains("access-control-allow-origin: *\r\n"), "{response}");
    assert_eq!(status(&port.get("/invitation?version=9").await), 404);
}

#[tokio::test]
async fn a_browser_wallet_is_told_that_it_may_post() {
    let port = open(tight()).await;
    let response = port
        .exchange(
            b"OPTIONS / HTTP/1.1\r\nhost: m\r\norigin: https://w\r\nconnection: close\r\n\r\n",
        )
        .await;
    assert_eq!(status(&response), 204);
    assert!(response.contains("access-control-allow-headers: content-type\r\n"), "{response}");
    assert!(
        response.contains("access-control-allow-methods: GET, HEAD, POST, OPTIONS\r\n"),
        "{response}"
    );
}

#[tokio::test]
async fn probes_tell_living_from_ready() {
    let port = open(tight()).await;
    assert_eq!(status(&port.get("/health/ready").await), 200);
    port.ready.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(status(&port.get("/health/ready").await), 503);
    assert_eq!(status(&port.get("/health/live").await), 200);
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let port = open(tight()).await;
    assert_eq!(status(&port.get("/wp-admin").await), 404);
    let response =
        port.exchange(b"DELETE / HTTP/1.1\r\nhost: m\r\nconnection: close\r\n\r\n").await;
    assert_eq!(status(&response), 405);
    assert!(response.contains("allow: GET, HEAD, POST, OPTIONS\r\n"), "{response}");
    assert_eq!(status(&port.get("/ws").await), 426);
    assert_eq!((port.tally.of(Count::UnknownPaths), port.tally.of(Count::Methods)), (1, 1));
}

#[tokio::test]
async fn junk_is_answered_with_400_and_counted() {
    let port = open(tight()).await;
    assert_eq!(status(&port.exchange(b"\x16\x03\x01\x02\x00junk\r\n\r\n").await), 400);
    port.counts(Count::MalformedRequests, 1).await;
}

#[tokio::test]
async fn a_head_over_the_limit_is_refused() {
    let port = open(tight()).await;
    let long = format!("GET / HTTP/1.1\r\nhost: m\r\nx: {}\r\n\r\n", "a".repeat(20_000));
    assert_eq!(status(&port.exchange(long.as_bytes()).await), 431);
    let many = format!("GET / HTTP/1.1\r\nhost: m\r\n{}\r\n", "x: y\r\n".repeat(40));
    assert_eq!(status(&port.exchange(many.as_bytes()).await), 431);
    port.counts(Count::HeadsTooLarge, 2).await;
}

#[tokio::test]
async fn a_head_that_drips_is_cut() {
    let port = open(tight()).await;
    let mut tcp = port.connect().await;
    for _ in 0..20 {
        if tcp.write_all(b"x").await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    rest(&mut tcp).await;
    assert_eq!(port.tally.of(Count::HeadTimeouts), 1);
}

#[tokio::test]
async fn a_connection_that_never_speaks_is_cut() {
    let port = open(tight()).await;
    assert_eq!(rest(&mut port.connect().await).await, "");
    assert_eq!(port.tally.of(Count::HeadTimeouts), 1);
}

#[tokio::test]
async fn a_connection_at_rest_is_closed_and_not_counted_as_slow() {
    let port = open(tight()).await;
    let keep = post("forward", "text/plain").replace("connection: close\r\n", "");
    assert_eq!(status(&port.exchange(keep.as_bytes()).await), 202);
    assert_eq!(port.tally.of(Count::HeadTimeouts), 0);
}

#[tokio::test]
async fn a_connection_in_use_outlives_the_rest_that_one_without_is_given() {
    let idle = Duration::from_secs(2);
    let port = open(Limits { idle, ..tight() }).await;
    let keep = post("forward", "text/plain").replace("connection: close\r\n", "");
    let mut tcp = BufReader::new(port.connect().await);
    let begin = Instant::now();
    while begin.elapsed() < idle * 5 / 4 {
        tcp.write_all(keep.as_bytes()).await.unwrap();
        let mut line = String::new();
        tcp.read_line(&mut line).await.unwrap();
        assert_eq!(status(&line), 202, "after {:?}", begin.elapsed());
        while line != "\r\n" {
            line.clear();
            assert!(tcp.read_line(&mut line).await.unwrap() > 0, "the head ends early");
        }
    }
}

#[tokio::test]
async fn a_second_head_that_drips_is_cut_like_the_first() {
    let port = open(Limits { idle: Duration::from_secs(60), ..tight() }).await;
    let keep = post("forward", "text/plain").replace("connection: close\r\n", "");
    let mut tcp = port.connect().await;
    tcp.write_all(keep.as_bytes()).await.unwrap();
    tcp.readable().await.unwrap();
    tcp.write_all(b"POST / HT").await.unwrap();
    assert_eq!(status(&rest(&mut tcp).await), 202);
    assert_eq!(port.tally.of(Count::HeadTimeouts), 1);
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_refused_unread() {
    let port = open(tight()).await;
    let head = "POST / HTTP/1.1\r\nhost: m\r\ncontent-length: 4097\r\n\r\n";
    assert_eq!(status(&port.exchange(head.as_bytes()).await), 413);
    assert_eq!(port.tally.of(Count::BodiesTooLarge), 1);
}

#[tokio::test]
async fn a_body_that_grows_too_large_is_refused_and_the_peer_hears_of_it() {
    let port = open(tight()).await;
    let chunk = format!("1000\r\n{}\r\n", "a".repeat(4096));
    let request = format!(
        "POST / HTTP/1.1\r\nhost: m\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(200)
    );
    assert_eq!(status(&port.exchange(request.as_bytes()).await), 413);
    assert_eq!(port.tally.of(Count::BodiesTooLarge), 1);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_refused() {
    let port = open(tight()).await;
    let head = "POST / HTTP/1.1\r\nhost: m\r\ncontent-length: 10\r\n\r\nabc";
    assert_eq!(status(&port.exchange(head.as_bytes()).await), 408);
    assert_eq!(port.tally.of(Count::BodyTimeouts), 1);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let port = open(tight()).await;
    assert_eq!(status(&port.post(&"a".repeat(4096)).await), 400);
    assert_eq!(port.tally.of(Count::Posts), 1);
}

#[tokio::test]
async fn an_address_with_too_many_connections_is_cut_without_a_status() {
    let port = open(Limits { connections_per_address: 1, ..tight() }).await;
    let first = port.connect().await;
    port.counts(Count::Connections, 1).await;
    assert_eq!(port.post("forward").await, "");
    assert_eq!(port.tally.of(Count::CrowdedAddress), 1);
    drop(first);
}

#[tokio::test]
async fn beyond_all_connections_one_waits_for_another_to_end() {
    let patience = Duration::from_secs(600);
    let port =
        open(Limits { connections: 1, idle: patience, header_timeout: patience, ..tight() }).await;
    let first = port.connect().await;
    port.counts(Count::Connections, 1).await;
    let waiting = port.post("forward");
    drop(first);
    assert_eq!(status(&waiting.await), 202);
}

#[tokio::test]
async fn a_peer_that_leaves_makes_room_for_the_next() {
    let patience = Duration::from_secs(600);
    let port =
        open(Limits { connections: 1, idle: patience, header_timeout: patience, ..tight() }).await;
    let keep = post("forward", "text/plain").replace("connection: close\r\n", "");
    for sent in [&keep[..], &keep[..20], &keep[..keep.len() - 1]] {
        let mut tcp = port.connect().await;
        tcp.write_all(sent.as_bytes()).await.unwrap();
        if sent == keep {
            tcp.readable().await.unwrap();
        }
        drop(tcp);
    }
    assert_eq!(status(&port.post("forward").await), 202);
}

#[tokio::test]
async fn who_has_shut_his_side_is_answered_all_the_same() {
    let port = open(tight()).await;
    let mut tcp = port.connect().await;
    tcp.write_all(post("slow", "text/plain").replace("connection: close\r\n", "").as_bytes())
        .await
        .unwrap();
    tcp.shutdown().await.unwrap();
    assert_eq!(status(&rest(&mut tcp).await), 202);
}

#[tokio::test]
async fn a_body_that_ends_early_is_refused() {
    let port = open(tight()).await;
    let mut tcp = port.connect().await;
    tcp.write_all(b"POST / HTTP/1.1\r\nhost: m\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
    tcp.shutdown().await.unwrap();
    assert_eq!(status(&rest(&mut tcp).await), 400);
    assert_eq!(port.tally.of(Count::BodiesBroken), 1);
}

#[tokio::test]
async fn what_a_stranger_may_ask_for_first_is_answered_before_he_sends_it() {
    let port = open(tight()).await;
    let mut tcp = port.connect().await;
    let head = "POST / HTTP/1.1\r\nhost: m\r\nexpect: 100-continue\r\nconnection: close\r\n";
    tcp.write_all(format!("{head}content-length: 9999\r\n\r\n").as_bytes()).await.unwrap();
    assert_eq!(status(&rest(&mut tcp).await), 413);
}
