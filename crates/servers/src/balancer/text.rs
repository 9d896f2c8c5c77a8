//! What the load balancers are told.

use std::net::SocketAddr;
use std::path::Path;

/// Sockets stay open for as long as both ends want; requests without a backend try the next one. Where a backend dies over a
/// request, the connection is cut: there are senders that take any status for the end of it. It takes little more of an answer than a
/// client reads: what it has taken and the client has not looks delivered to the backend.
pub(super) fn haproxy(listen: SocketAddr, backends: &[SocketAddr]) -> String {
    let servers: String = backends
        .iter()
        .map(|backend| format!("    server restante-{} {backend} check\n", backend.port()))
        .collect();
    format!(
        "global
    maxconn 4000
    tune.rcvbuf.server 16384
    tune.sndbuf.client 16384
defaults
    mode http
    option forwardfor
    option redispatch 1
    retries 2
    timeout connect 2s
    timeout client 75s
    timeout server 75s
    timeout tunnel 1h
    errorfile 502 /dev/null
    errorfile 503 /dev/null
    errorfile 504 /dev/null
listen restante
    bind {listen}
    balance roundrobin
    option httpchk GET /health/ready
    default-server inter 200ms fall 1 rise 1
{servers}"
    )
}

/// A site around, whose temporary files are in `directory`, so that nginx needs no rights.
pub(super) fn nginx(directory: &Path, site: &str) -> String {
    let directory = directory.display();
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let places = kinds.map(|kind| format!("    {kind}_temp_path {directory}/{kind};\n")).concat();
    format!(
        "pid {directory}/pid;
error_log stderr;
events {{ worker_connections 4000; }}
http {{
    access_log off;
{places}
{site}
}}
"
    )
}

pub(super) fn nginx_site(listen: SocketAddr, backends: &[SocketAddr]) -> String {
    let servers: String = backends
        .iter()
        .map(|backend| format!("    server {backend} max_fails=1 fail_timeout=1s;\n"))
        .collect();
    format!(
        "upstream restante {{
{servers}    keepalive 32;
}}
map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
server {{
    listen {listen};
    error_page 502 503 504 = @cut;
    location @cut {{ return 444; }}
    location / {{
        proxy_pass http://restante;
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_connect_timeout 2s;
        proxy_read_timeout 1h;
        proxy_send_timeout 1h;
    }}
}}"
    )
}
