"""A TCP proxy between agents and the mediator that can be told to misbehave, per source address.

An agent is known by the loopback address that it connects from. What happens to its connections:

* `cut`       every open connection is reset on both sides; new ones pass
* `refuse`    like `cut`, and new connections are reset as soon as they open
* `stall`     bytes stop in the given directions and wait, so the far side's send queue fills
* `swallow`   bytes in the given directions are read and thrown away: TCP says delivered, nobody has them
* `lose`      of the HTTP requests to come, the nth or its response is lost, and the agent sees a reset
* `heal`      resets what was stalled or swallowed (its streams are torn) and lets new connections pass
"""

import asyncio
import socket
import threading

from .proxy_pair import BOTH, PASS, REFUSE, STALL, SWALLOW, TO_MEDIATOR, Pair, reset


class Rules:
    """What is to happen to one agent's bytes."""

    def __init__(self):
        self.modes: dict[str, str] = {}
        self.small_window = False
        self.requests = 0
        self.lost: dict[int, str] = {}

    def mode(self, direction: str) -> str:
        return self.modes.get(direction, PASS)

    def next_request(self) -> str | None:
        """Counts an HTTP request; what of it is to be lost: "request", "response" or nothing."""
        self.requests += 1
        return self.lost.pop(self.requests, None)


class ChaosProxy:
    """Listens on 127.0.0.1 in a thread of its own; `target_port` may be set after it started."""

    def __init__(self, target_port: int | None = None):
        self.target_port = target_port
        self.port: int | None = None
        self._rules: dict[str, Rules] = {}
        self._pairs: set[Pair] = set()
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
        self._set(source, REFUSE, BOTH)
        self.cut(source)

    def stall(self, source: str, directions=BOTH, small_window: bool = False) -> None:
        """`small_window`: the mediator sees a receive buffer of a few KiB on connections to come."""
        self.rules(source).small_window |= small_window
        self._set(source, STALL, directions)

    def swallow(self, source: str, directions=BOTH) -> None:
        self._set(source, SWALLOW, directions)

    def lose(self, source: str, nth: int, what: str) -> None:
        """Loses the nth HTTP request from now, `what` being "request" or "response"."""
        rules = self.rules(source)
        rules.lost[rules.requests + nth] = what

    def heal(self, source: str, mediator_notices: bool = True) -> None:
        """Without `mediator_notices` its ends of the old connections stay open, as half-dead sockets do."""
        self.rules(source).small_window = False
        self._set(source, PASS, BOTH)
        self._call(self._reset(source, mediator_notices))

    def rules(self, source: str) -> Rules:
        return self._rules.setdefault(source, Rules())

    def all_lost(self, source: str) -> bool:
        """Whether everything that `lose` announced has happened."""
        return not self.rules(source).lost

    def stopped_bytes(self, source: str, direction: str) -> int:
        """Bytes that were stalled or swallowed on connections that are still open."""
        return sum(pair.stopped[direction] for pair in list(self._pairs) if pair.source == source)

    def _set(self, source: str, mode: str, directions) -> None:
        directions = (directions,) if isinstance(directions, str) else directions
        self.rules(source).modes |= {direction: mode for direction in directions}

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self) -> int:
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, limit=2048)
        return server.sockets[0].getsockname()[1]

    async def _reset(self, source: str | None, far_too: bool = True) -> None:
        for pair in list(self._pairs):
            if source in (None, pair.source):
                pair.reset(far_too)

    async def _accepted(self, reader, writer) -> None:
        source = writer.get_extra_info("peername")[0]
        rules = self.rules(source)
        if rules.mode(TO_MEDIATOR) == REFUSE:
            return reset(writer)
        try:
            far = await self._dial(rules)
        except OSError:
            return reset(writer)
        pair = Pair(rules, source, (reader, writer), far)
        self._pairs.add(pair)
        try:
            await pair.run()
        finally:
            self._pairs.discard(pair)

    async def _dial(self, rules: Rules):
        dialled = socket.socket()
        dialled.setblocking(False)
        if rules.small_window:
            dialled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        try:
            await self._loop.sock_connect(dialled, ("127.0.0.1", self.target_port))
            return await asyncio.open_connection(sock=dialled, limit=2048)
        except OSError:
            dialled.close()
            raise
