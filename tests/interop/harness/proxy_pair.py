"""One agent's connection through the chaos proxy and the one to the mediator that belongs to it."""

import asyncio
import socket
import struct

TO_AGENT = "to_agent"
TO_MEDIATOR = "to_mediator"
BOTH = (TO_AGENT, TO_MEDIATOR)
PASS, STALL, SWALLOW, REFUSE = "pass", "stall", "swallow", "refuse"


class Pair:
    """Pumps bytes both ways as the agent's rules say. `near` and `far` are (reader, writer)."""

    def __init__(self, rules, source: str, near, far):
        self.rules, self.source = rules, source
        self.near, self.far = near, far
        self.stopped = {TO_AGENT: 0, TO_MEDIATOR: 0}
        self.torn = False
        self._far_stays_open = False
        self._loses_response = False

    async def run(self) -> None:
        """Ends when both directions have; a half-dead far end stays open until it closes by itself."""
        await asyncio.gather(self._to_mediator(), self._to_agent())
        self.near[1].close()
        self.far[1].close()

    def reset(self, far_too: bool = True) -> None:
        self.torn = True
        self._far_stays_open = not far_too
        reset(self.near[1])
        if far_too:
            reset(self.far[1])

    async def _to_mediator(self) -> None:
        try:
            while chunk := await self.near[0].read(65536):
                if chunk.startswith(b"POST ") and self._loses(self.rules.next_request()):
                    return
                if await self._may_pass(chunk, TO_MEDIATOR):
                    await write(self.far[1], chunk)
            if not self.torn:
                self.far[1].write_eof()
        except OSError:
            self._end()

    async def _to_agent(self) -> None:
        try:
            while chunk := await self.far[0].read(65536):
                if self._loses_response:
                    self.reset(far_too=False)
                elif await self._may_pass(chunk, TO_AGENT):
                    await write(self.near[1], chunk)
            if not self.torn:
                self.near[1].write_eof()
        except OSError:
            self._end()

    def _loses(self, what: str | None) -> bool:
        """Whether the request itself is lost; a lost response only takes note."""
        self._loses_response = what == "response"
        if what == "request":
            self.reset()
        return what == "request"

    def _end(self) -> None:
        if not self._far_stays_open:
            self.reset()

    async def _may_pass(self, chunk: bytes, direction: str) -> bool:
        mode = lambda: self.rules.mode(direction)
        if mode() == PASS and not self.torn:
            return True
        self.stopped[direction] += len(chunk)
        while mode() == STALL and not self.torn:
            await asyncio.sleep(0.01)
        return mode() == PASS and not self.torn


async def write(writer, chunk: bytes) -> None:
    writer.write(chunk)
    await writer.drain()


def reset(writer) -> None:
    """Closes with a TCP reset instead of an orderly end."""
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
