//! The binary, started and asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_restante");

/// The command, with nothing in its environment.
pub fn restante(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(args).current_dir(home).env_clear();
    command
}

/// Runs it to its end.
pub fn run(home: &Path, args: &[&str]) -> Output {
    restante(home, args).output().expect("the binary runs")
}

/// What it said.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A mediator on a free port, killed when dropped.
pub struct Running {
    /// The process.
    pub child: Child,
    /// Where it is.
    pub url: String,
    /// The lines it began with.
    pub said: Vec<String>,
}

impl Running {
    /// `restante mediator` with these arguments; ready when this returns.
    pub fn start(home: &Path, args: &[&str]) -> Self {
        let args = [&["mediator", "--listen", "127.0.0.1:0"], args].concat();
        let mut child = restante(home, &args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let lines =
            BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let said: Vec<_> = take_through(lines, |line| line.starts_with("Open http"));
        let url = said[0].rsplit(' ').next().expect("an address").to_owned();
        Self { child, url, said }
    }

    /// The whole answer to a GET.
    pub fn get(&self, path: &str) -> String {
        let address = self.url.trim_start_matches("http://");
        let mut peer = TcpStream::connect(address).expect("it listens");
        write!(peer, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")
            .expect("it reads");
        let mut answer = String::new();
        peer.read_to_string(&mut answer).expect("it answers");
        answer
    }

    /// Asks it to end, and says how it did.
    pub fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn take_through(lines: impl Iterator<Item = String>, last: impl Fn(&str) -> bool) -> Vec<String> {
    let mut taken = Vec::new();
    for line in lines {
        let done = last(&line);
        taken.push(line);
        if done {
            break;
        }
    }
    taken
}

/// Waits until this holds, for as long as a busy machine may take.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..300 {
        if holds() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("it never came about that {what}");
}

/// An address of this machine that nobody listens on just now.
pub fn free_address() -> String {
    format!("127.0.0.1:{}", servers::free_port())
}

/// What the operator's port there answers.
pub fn ask(admin: &str, request: &str) -> String {
    let mut peer = TcpStream::connect(admin).expect("it listens");
    write!(peer, "{request} HTTP/1.1\r\nhost: x\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    peer.read_to_string(&mut answer).expect("it answers");
    answer
}
