"""A TCP proxy between agents and the mediator that can be told to misbehave, per source address.

An agent is known by the loopback address that it connects from. What happens to its connections:

* `cut`         every open connection is reset on both sides; new ones pass
* `refuse`      like `cut`, and new connections are reset as soon as they open
* `stall`       bytes stop in the given directions and wait, so the far side's send queue fills
* `swallow`     bytes in the given directions are read and thrown away: TCP says delivered, nobody has them
* `heal`        resets what was stalled or swallowed (its streams are torn) and lets new connections pass
"""

import asyncio
import socket
import struct
import threading

TO_AGENT = "to_agent"
TO_MEDIATOR = "to_mediator"
BOTH = (TO_AGENT, TO_MEDIATOR)
PASS, STALL, SWALLOW, REFUSE = "pass", "stall", "swallow", "refuse"


class ChaosProxy:
    """Listens on 127.0.0.1 in a thread of its own; `target_port` may be set after it started."""

    def __init__(self, target_port: int | None = None):
        self.target_port = target_port
        self.port: int | None = None
        self._rules: dict[str, dict[str, str]] = {}
        self._small_windows: set[str] = set()
        self._pairs: set[_Pair] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> "ChaosProxy":
        self._thread.start()
        self.port = self._call(self._listen())
        return self

    def close(self) -> None:
        self._call(self._reset(None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def cut(self, source: str) -> None:
        self._call(self._reset(source))

    def refuse(self, source: str) -> None:
        self._rule(source, REFUSE, BOTH)
        self.cut(source)

    def stall(self, source: str, directions=BOTH, small_window: bool = False) -> None:
        """With `small_window`, the mediator's side gets a receive buffer of a few KiB (new connections)."""
        if small_window:
            self._small_windows.add(source)
        self._rule(source, STALL, directions)

    def swallow(self, source: str, directions=BOTH) -> None:
        self._rule(source, SWALLOW, directions)

    def heal(self, source: str) -> None:
        self._small_windows.discard(source)
        self._rule(source, PASS, BOTH)
        self.cut(source)

    def connections(self, source: str) -> int:
        return sum(1 for pair in list(self._pairs) if pair.source == source)

    def stopped_bytes(self, source: str, direction: str) -> int:
        """Bytes that were stalled or swallowed on connections that are still open."""
        return sum(pair.stopped[direction] for pair in list(self._pairs) if pair.source == source)

    def mode(self, source: str, direction: str) -> str:
        return self._rules.get(source, {}).get(direction, PASS)

    def _rule(self, source: str, mode: str, directions) -> None:
        directions = (directions,) if isinstance(directions, str) else directions
        rule = self._rules.get(source, {})
        self._rules[source] = rule | {direction: mode for direction in directions}

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self) -> int:
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, limit=2048)
        return server.sockets[0].getsockname()[1]

    async def _reset(self, source: str | None) -> None:
        for pair in list(self._pairs):
            if source in (None, pair.source):
                pair.reset()

    async def _accepted(self, reader, writer) -> None:
        source = writer.get_extra_info("peername")[0]
        if self.mode(source, TO_MEDIATOR) == REFUSE:
            return reset(writer)
        try:
            far_reader, far_writer = await self._dial(source)
        except OSError:
            return reset(writer)
        pair = _Pair(self, source, (reader, writer), (far_reader, far_writer))
        self._pairs.add(pair)
        try:
            await pair.run()
        finally:
            self._pairs.discard(pair)

    async def _dial(self, source: str):
        dialled = socket.socket()
        dialled.setblocking(False)
        if source in self._small_windows:
            dialled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        await self._loop.sock_connect(dialled, ("127.0.0.1", self.target_port))
        return await asyncio.open_connection(sock=dialled, limit=2048)


class _Pair:
    """One agent's connection and the one to the mediator that belongs to it."""

    def __init__(self, proxy: ChaosProxy, source: str, near, far):
        self.proxy, self.source = proxy, source
        self.near, self.far = near, far
        self.stopped = {TO_AGENT: 0, TO_MEDIATOR: 0}

    async def run(self) -> None:
        ways = [
            self._pump(self.near[0], self.far[1], TO_MEDIATOR),
            self._pump(self.far[0], self.near[1], TO_AGENT),
        ]
        await asyncio.gather(*ways)
        self.near[1].close()
        self.far[1].close()

    def reset(self) -> None:
        reset(self.near[1])
        reset(self.far[1])

    async def _pump(self, reader, writer, direction: str) -> None:
        try:
            while chunk := await reader.read(65536):
                if await self._may_pass(chunk, direction):
                    writer.write(chunk)
                    await writer.drain()
            writer.write_eof() if not writer.is_closing() else None
        except OSError:
            self.reset()

    async def _may_pass(self, chunk: bytes, direction: str) -> bool:
        if self.proxy.mode(self.source, direction) == PASS:
            return True
        self.stopped[direction] += len(chunk)
        while self.proxy.mode(self.source, direction) == STALL:
            await asyncio.sleep(0.01)
            if self.near[1].is_closing():
                raise ConnectionResetError
        return self.proxy.mode(self.source, direction) == PASS


def reset(writer) -> None:
    """Closes with a TCP reset instead of an orderly end."""
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
