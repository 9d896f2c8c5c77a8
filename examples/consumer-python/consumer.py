"""Reads an agent's messages from the streams of `restante relay`, each at least once, those for one key in order.

A message stays in its stream until `handle` has returned. Several consumers share the work: each partition is read by one of
them at a time, and when that one dies, another goes on with what it had in hand.

    def handle(message): ...
    Consumer("redis://127.0.0.1:6379", handle, partitions=4).run()
"""

import base64
import json
import logging
import threading
import uuid
from dataclasses import dataclass
from typing import Callable

import redis
from redis.cluster import RedisCluster

log = logging.getLogger("consumer")

GROUP = "agent"
# Whoever holds a partition is its only reader, so that all of them are one consumer to Redis: what it has read and not
# acknowledged is found by the next holder at once.
READER = "reader"
# A holder that gave no sign of life for so long is dead, in milliseconds. Longer than `handle` may take.
LEASE = 15_000
AT_A_TIME = 16
BLOCK = 1_000

TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
SETTLE = """
if #ARGV > 2 then redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3)) end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""
GIVE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"


@dataclass(frozen=True)
class Message:
    """What came for a key: `payload` is the envelope as it came, `id` names it however often it is handled."""

    id: str
    kid: str
    payload: bytes
    transport: str | None
    txn_id: str | None


class Refused(Exception):
    """Raised by `handle` for a message that it never will take: it is set aside at once."""


class NotOurs(Exception):
    """Somebody else reads the partition."""


def connect(url: str) -> redis.Redis | RedisCluster:
    """A client for the server or, if it is one, the cluster at this URL."""
    single = redis.Redis.from_url(url)
    if single.info("cluster").get("cluster_enabled"):
        return RedisCluster.from_url(url)
    return single


def send(client, url: str, payload: bytes, headers: dict | None = None, prefix: str = "acapy") -> None:
    """Leaves a message to a deliverer. When this has returned, it is delivered at least once, or becomes a dead letter."""
    headers = headers or {"content-type": "application/didcomm-envelope-enc"}
    entry = {"service": {"url": url}, "payload": base64.urlsafe_b64encode(payload).decode(), "headers": headers}
    client.xadd(f"{{{prefix}_outbound}}:stream", {"outbound": json.dumps(entry)})


class Consumer:
    """Handles messages until it is stopped. A message that fails `tries` times goes to the stream `{<stream>}:dead`."""

    def __init__(self, url: str, handle: Callable[[Message], None], prefix="acapy", partitions=1, tries=5):
        self.client = connect(url)
        self.handle = handle
        self.streams = [f"{prefix}_inbound_stream_{number}" for number in range(partitions)]
        self.tries = tries
        self.name = uuid.uuid4().hex
        self.stopped = threading.Event()

    def run(self) -> None:
        """Reads all partitions that nobody else reads, each in a thread, until `stop`."""
        threads = [threading.Thread(target=self._read, args=(stream,)) for stream in self.streams]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def stop(self) -> None:
        """Ends `run` after the messages in hand."""
        self.stopped.set()

    def _read(self, stream: str) -> None:
        while not self.stopped.is_set():
            try:
                self._take(stream)
                # Redis may never have had the group, or have lost it.
                self._make_group(stream)
                while not self.stopped.is_set():
                    self._take(stream)
                    self._serve(stream)
            except NotOurs:
                self.stopped.wait(1)
            except redis.RedisError as error:
                log.warning("%s: %s", stream, error)
                self.stopped.wait(1)
        self.client.eval(GIVE_BACK, 1, f"{{{stream}}}:reader", self.name)

    def _take(self, stream: str) -> None:
        """Takes or keeps the partition."""
        if not self.client.eval(TAKE, 1, f"{{{stream}}}:reader", self.name, LEASE):
            raise NotOurs

    def _make_group(self, stream: str) -> None:
        try:
            self.client.xgroup_create(stream, GROUP, "0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def _serve(self, stream: str) -> None:
        # "0": what was read and not acknowledged, by this reader or one that died. Only then what is new.
        read = self.client.xreadgroup(GROUP, READER, {stream: "0"}, count=AT_A_TIME)
        entries = read[0][1] if read else []
        if not entries:
            read = self.client.xreadgroup(GROUP, READER, {stream: ">"}, count=AT_A_TIME, block=BLOCK)
            entries = read[0][1] if read else []
        for id, fields in entries:
            self._take(stream)
            if self.stopped.is_set() or not self._deal_with(stream, id.decode(), fields):
                return

    def _deal_with(self, stream: str, id: str, fields: dict) -> bool:
        """Whether the next one may come: one that failed stays before those behind it."""
        try:
            self.handle(_message(id, fields))
        except Refused:
            log.warning("message %s is refused", id)
            self._settle(stream, id, dead=fields)
            return True
        except Exception:
            log.exception("message %s failed", id)
            pending = self.client.xpending_range(stream, GROUP, id, id, 1)
            if pending and pending[0]["times_delivered"] < self.tries:
                self.stopped.wait(1)
                return False
            self._settle(stream, id, dead=fields)
            return True
        self._settle(stream, id)
        return True

    def _settle(self, stream: str, id: str, dead: dict | None = None) -> None:
        """Acknowledges and removes in one act; a stream whose entries stay would be full some day."""
        fields = [part for pair in (dead or {}).items() for part in pair]
        self.client.eval(SETTLE, 2, stream, f"{{{stream}}}:dead", GROUP, id, *fields)


def _message(id: str, fields: dict) -> Message:
    try:
        entry = json.loads(fields[b"inbound"])
        payload = base64.urlsafe_b64decode(entry["payload"])
        kid = fields.get(b"kid", b"").decode()
        return Message(id, kid, payload, entry.get("transport_type"), entry.get("txn_id"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # It will not become a message by being read again.
        raise Refused(repr(error)) from error
