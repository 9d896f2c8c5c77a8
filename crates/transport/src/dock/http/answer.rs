//! The answer to a callback, read as it comes (RFC 9112): only its status matters, and where it ends.

use std::io;

use bytes::{Buf, BytesMut};
use httparse::{EMPTY_HEADER, Header, Status};
use hyper::StatusCode;

/// Heads are no longer, and have no more lines.
const HEAD_BYTES: usize = 16 * 1024;
const HEAD_LINES: usize = 64;

/// Bodies are read, so that the connection can be used again, up to here.
const BODY_BYTES: usize = 64 * 1024;

/// What a backend answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Whether the connection can be used again.
    pub(super) stays: bool,
}

/// An answer that is under way.
#[derive(Debug, Default)]
pub(super) struct Reading {
    head: Option<(Answer, Body)>,
    body_bytes: usize,
}

/// What is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Bytes(usize),
    /// A chunk of so many bytes, line end included, and more chunks.
    Chunk(usize),
    /// Until the connection ends.
    Endless,
}

impl Reading {
    /// Takes what has come. Returns the answer when it is complete, or when the rest of it is of no use.
    ///
    /// # Errors
    /// If this is no answer.
    pub(super) fn take(&mut self, read: &mut BytesMut) -> io::Result<Option<Answer>> {
        while self.head.is_none() {
            let Some(head) = head(read)? else { return Ok(None) };
            // What is only interim is followed by the answer (RFC 9110, section 15.2).
            self.head = (!head.0.status.is_informational()).then_some(head);
        }
        let Some((answer, mut body)) = self.head else { return Ok(None) };
        let over = self.skip(&mut body, read)?;
        self.head = Some((answer, body));
        let too_long = self.body_bytes > BODY_BYTES || body == Body::Endless;
        let stays = answer.stays && over && !too_long && read.is_empty();
        Ok((over || too_long).then_some(Answer { stays, ..answer }))
    }

    /// Whether the body is over.
    fn skip(&mut self, body: &mut Body, read: &mut BytesMut) -> io::Result<bool> {
        loop {
            match body {
                Body::Bytes(left) => {
                    self.skip_bytes(left, read);
                    return Ok(*left == 0);
                }
                Body::Chunk(left) if *left > 0 => {
                    self.skip_bytes(left, read);
                    if *left > 0 {
                        return Ok(false);
                    }
                }
                Body::Chunk(left) => match chunk(read)? {
                    None => return Ok(false),
                    Some(0) => return Ok(true),
                    Some(size) => *left = size,
                },
                Body::Endless => return Ok(false),
            }
        }
    }

    fn skip_bytes(&mut self, left: &mut usize, read: &mut BytesMut) {
        let skipped = read.len().min(*left);
        read.advance(skipped);
        *left -= skipped;
        // What is announced counts, before it comes.
        self.body_bytes = self.body_bytes.saturating_add(skipped).max(*left);
    }
}

/// The head, if it is all there.
fn head(read: &mut BytesMut) -> io::Result<Option<(Answer, Body)>> {
    let mut lines = [EMPTY_HEADER; HEAD_LINES];
    let mut head = httparse::Response::new(&mut lines);
    let length = match head.parse(read).map_err(junk)? {
        Status::Complete(length) => length,
        Status::Partial if read.len() > HEAD_BYTES => return Err(junk("a long head")),
        Status::Partial => return Ok(None),
    };
    let status = StatusCode::from_u16(head.code.unwrap_or_default()).map_err(junk)?;
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(junk("nobody asked for another protocol"));
    }
    let closes = values(head.headers, "connection").any(|value| has_word(value, b"close"));
    let stays = head.version == Some(1) && !closes;
    let body = body(status, head.headers)?;
    read.advance(length);
    Ok(Some((Answer { status, stays }, body)))
}

/// How the body is told from what follows (RFC 9112, section 6.3).
fn body(status: StatusCode, lines: &[Header<'_>]) -> io::Result<Body> {
    if matches!(status.as_u16(), 100..=199 | 204 | 304) {
        return Ok(Body::Bytes(0));
    }
    if let Some(coding) = values(lines, "transfer-encoding").last() {
        let is_chunked = coding.eq_ignore_ascii_case(b"chunked");
        return Ok(if is_chunked { Body::Chunk(0) } else { Body::Endless });
    }
    let mut lengths = values(lines, "content-length");
    let Some(length) = lengths.next() else { return Ok(Body::Endless) };
    let digits = std::str::from_utf8(length).ok().filter(|text| !text.starts_with('+'));
    let length: Option<usize> = digits.and_then(|digits| digits.parse().ok());
    match (length, lengths.next()) {
        (Some(length), None) => Ok(Body::Bytes(length)),
        _ => Err(junk("no length")),
    }
}

/// The size of the next chunk with the end of its line, 0 behind the last one and its trailers; `None` if it is not all there.
fn chunk(read: &mut BytesMut) -> io::Result<Option<usize>> {
    let Status::Complete((length, size)) =
        httparse::parse_chunk_size(read).map_err(|_| junk("no chunk"))?
    else {
        return if read.len() > HEAD_BYTES { Err(junk("a long chunk size")) } else { Ok(None) };
    };
    if size > 0 {
        read.advance(length);
        return Ok(Some(usize::try_from(size).unwrap_or(usize::MAX).saturating_add(2)));
    }
    let mut lines = [EMPTY_HEADER; HEAD_LINES];
    let trailers = read.get(length..).unwrap_or_default();
    match httparse::parse_headers(trailers, &mut lines).map_err(junk)? {
        Status::Complete((trailers, _)) => {
            read.advance(length + trailers);
            Ok(Some(0))
        }
        Status::Partial if read.len() > HEAD_BYTES => Err(junk("long trailers")),
        Status::Partial => Ok(None),
    }
}

fn values<'a>(lines: &'a [Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    lines.iter().filter(move |line| line.name.eq_ignore_ascii_case(name)).map(|line| line.value)
}

fn has_word(value: &[u8], word: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(word))
}

fn junk(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made of these bytes when they come one by one.
    fn read(bytes: &str) -> io::Result<Option<(u16, bool)>> {
        let (mut reading, mut read) = (Reading::default(), BytesMut::new());
        for (place, byte) in bytes.bytes().enumerate() {
            read.extend_from_slice(&[byte]);
            if let Some(answer) = reading.take(&mut read)? {
                read.extend_from_slice(&bytes.as_bytes()[place + 1..]);
                return Ok(Some((answer.status.as_u16(), answer.stays && read.is_empty())));
            }
        }
        Ok(None)
    }

    #[test]
    fn an_answer_that_says_where_it_ends_leaves_the_connection_for_the_next() {
        for answer in [
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\na;x=y\r\n0123456789\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-trailer: 1\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
        ] {
            assert_eq!(read(answer).unwrap(), Some((200, true)), "{answer}");
            assert_eq!(read(&answer[..answer.len() - 1]).unwrap(), None, "{answer}");
        }
        assert_eq!(read("HTTP/1.1 204 No Content\r\n\r\n").unwrap(), Some((204, true)));
    }

    #[test]
    fn any_other_is_the_last_on_its_connection() {
        for answer in [
            "HTTP/1.1 422 No\r\n\r\n",
            "HTTP/1.0 422 No\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 422 No\r\nConnection: x, Close\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 422 No\r\ntransfer-encoding: gzip\r\n\r\n",
            "HTTP/1.1 422 No\r\ncontent-length: 65537\r\n\r\nx",
            "HTTP/1.1 422 No\r\ntransfer-encoding: chunked\r\n\r\n10001\r\nx",
            "HTTP/1.1 422 No\r\ncontent-length: 0\r\n\r\nmore",
        ] {
            assert_eq!(read(answer).unwrap(), Some((422, false)), "{answer}");
        }
    }

    #[test]
    fn junk_is_no_answer() {
        for answer in [
            "hello\r\n\r\n",
            "HTTP/1.1 999999 OK\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
            &format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(HEAD_BYTES)),
        ] {
            assert_eq!(
                read(answer).unwrap_err().kind(),
                io::ErrorKind::InvalidData,
                "{answer:.60}"
            );
        }
    }
}
