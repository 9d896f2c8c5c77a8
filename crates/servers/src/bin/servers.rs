//! Starts one of the servers for somebody who is not a Rust test, says where it is, and ends it when standard input ends.
//!
//! ```text
//! servers redis | redis-cluster | postgres
//! servers haproxy | nginx  127.0.0.1:8080 127.0.0.1:8081
//! servers haproxy-with  haproxy.cfg        where it says `{listen}`, the address goes
//! ```
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that speaks to its caller"
)]

use std::net::SocketAddr;
use std::process::ExitCode;

use servers::{Balancer, PgSpec, Postgres, RedisCluster, RedisServer, RedisSpec};
use tokio::io::{AsyncReadExt, stdin};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let words: Vec<String> = words.collect();
    let backends: Vec<SocketAddr> = words.iter().filter_map(|word| word.parse().ok()).collect();
    match name.as_str() {
        "redis" => {
            let server = RedisServer::start(RedisSpec::durable()).await;
            serve(&server.url()).await;
        }
        "redis-cluster" => {
            let cluster = RedisCluster::start_with(RedisSpec::durable()).await;
            serve(&cluster.url()).await;
        }
        "postgres" => {
            let server = Postgres::start(PgSpec::plain()).await;
            serve(&server.database().await).await;
        }
        "haproxy" => serve(&Balancer::haproxy(&backends).await.address().to_string()).await,
        "haproxy-with" => {
            let file = words.first().map(std::fs::read_to_string);
            let text = file.expect("a file is named").expect("it is there");
            let filled = |listen: SocketAddr| text.replace("{listen}", &listen.to_string());
            serve(&Balancer::haproxy_with(filled).await.address().to_string()).await;
        }
        "nginx" => serve(&Balancer::nginx(&backends).await.address().to_string()).await,
        other => {
            eprintln!(
                "no such server: '{other}'; redis, redis-cluster, postgres, haproxy, haproxy-with or nginx"
            );
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

async fn serve(place: &str) {
    println!("{place}");
    // It ends with whoever holds the other end; what is written there means nothing.
    let _ = stdin().read_to_end(&mut Vec::new()).await;
}
