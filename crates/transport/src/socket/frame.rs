//! Writing a data frame past the codec's buffer.

use std::io;

use bytes::{Buf, BufMut, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::Frame;

/// FIN and the opcode of text, or of binary (RFC 6455, section 5.2).
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;

/// Writes one unfragmented and, as a server must, unmasked message, and flushes.
///
/// The codec would copy it into a buffer that keeps its size for the life of the socket: one long delivery, and each
/// idle socket holds on to that much memory.
pub(super) async fn write<S>(stream: &mut S, frame: Frame) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    let (opcode, payload) = match frame {
        Frame::Text(payload) => (TEXT, payload),
        Frame::Binary(payload) => (BINARY, payload),
    };
    let mut frame = head(opcode, payload.len()).chain(payload);
    while frame.has_remaining() {
        if stream.write_buf(&mut frame).await? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
    }
    stream.flush().await
}

/// A frame's first bytes.
fn head(opcode: u8, length: usize) -> BytesMut {
    let mut head = BytesMut::with_capacity(10);
    head.put_u8(opcode);
    match length {
        short @ 0..=125 => head.put_u8(short as u8),
        medium @ 126..=65_535 => {
            head.put_u8(126);
            head.put_u16(medium as u16);
        }
        long => {
            head.put_u8(127);
            head.put_u64(long as u64);
        }
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_takes_the_shortest_form() {
        assert_eq!(&head(TEXT, 125)[..], [0x81, 125]);
        assert_eq!(&head(TEXT, 126)[..], [0x81, 126, 0, 126]);
        assert_eq!(&head(TEXT, 65_535)[..], [0x81, 126, 0xff, 0xff]);
        assert_eq!(&head(BINARY, 65_536)[..], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }
}
