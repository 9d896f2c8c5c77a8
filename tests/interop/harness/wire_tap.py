"""Notes the sizes of the messages that reach an agent's endpoint, in the order in which they begin on the wire.

ACA-Py answers a request before it handles the message, and handles many at once: its application does not see
the order in which the mediator delivered. Messages of growing length make that order readable without a key.
"""

import asyncio
import re
import threading


class WireTap:
    """Listens on a port of its own in front of `target_port`; passes everything on unchanged."""

    def __init__(self, target_port: int):
        self.target_port = target_port
        self.sizes: list[int] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _listen(self) -> int:
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    async def _accepted(self, reader, writer) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            return writer.transport.abort()
        stream = MessageSizes(self.sizes)
        await asyncio.gather(pump(reader, far_writer, stream.feed), pump(far_reader, writer))


async def pump(reader, writer, note=lambda chunk: None) -> None:
    try:
        while chunk := await reader.read(65536):
            note(chunk)
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    writer.close()


class MessageSizes:
    """Reads the sizes of HTTP request bodies, and after an upgrade of WebSocket messages, from a byte stream."""

    def __init__(self, sizes: list[int]):
        self._sizes = sizes
        self._pending = b""
        self._skip = 0
        self._upgraded = False

    def feed(self, chunk: bytes) -> None:
        self._pending += chunk
        while self._pending and self._advance():
            pass

    def _advance(self) -> bool:
        """Takes one step through what is pending; whether there may be another."""
        if self._skip:
            taken = min(self._skip, len(self._pending))
            self._pending, self._skip = self._pending[taken:], self._skip - taken
            return True
        return self._frame() if self._upgraded else self._request()

    def _request(self) -> bool:
        head, end, rest = self._pending.partition(b"\r\n\r\n")
        if not end:
            return False
        self._pending = rest
        length = re.search(rb"content-length:\s*(\d+)", head, re.IGNORECASE)
        self._upgraded = re.search(rb"upgrade:\s*websocket", head, re.IGNORECASE) is not None
        if length:
            self._note(int(length[1]))
        return True

    def _frame(self) -> bool:
        """One masked client frame (RFC 6455, section 5.2); only text and binary frames are noted."""
        if len(self._pending) < 2:
            return False
        length, extra = self._pending[1] & 0x7F, 0
        if length >= 126:
            extra = 2 if length == 126 else 8
            if len(self._pending) < 2 + extra:
                return False
            length = int.from_bytes(self._pending[2 : 2 + extra])
        is_message = self._pending[0] & 0x0F in (1, 2)
        self._skip = 2 + extra + 4
        if is_message:
            self._note(length)
        else:
            self._skip += length
        return True

    def _note(self, size: int) -> None:
        self._sizes.append(size)
        self._skip += size
