"""The reference consumer in examples/consumer-python takes every message at least once, in the order of its key."""

import base64
import json
import sys
import textwrap
import time

import pytest

from harness.child import Child
from harness.places import PROJECT
from harness.redis_server import RedisServer

pytestmark = pytest.mark.quick

CONSUMER = PROJECT / "examples" / "consumer-python"
# Handles by telling Redis. `poison` is never handled, and `refused` never will be.
PROGRAM = """
    import sys, time, logging
    sys.path.insert(0, sys.argv[2])
    import consumer
    def handle(message):
        if message.payload == b"poison":
            raise ValueError("poison")
        if message.payload == b"refused":
            raise consumer.Refused
        time.sleep(0.005)
        client.rpush("handled", message.kid + " " + message.payload.decode())
    consumer.LEASE, consumer.BLOCK = 2000, 100
    client = consumer.connect(sys.argv[1])
    consumer.Consumer(sys.argv[1], handle, partitions=2, tries=2).run()
"""


@pytest.fixture
def server(tmp_path):
    server = RedisServer(tmp_path / "redis")
    yield server
    server.stop()


@pytest.fixture
def consume(server, tmp_path):
    """Starts one more consumer."""
    started = []

    def start() -> Child:
        program = textwrap.dedent(PROGRAM)
        child = Child([sys.executable, "-c", program, server.url, CONSUMER], tmp_path / "consumer.log")
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()


def append(server, partition: int, kid: str, payload: str) -> None:
    entry = {"payload": base64.urlsafe_b64encode(payload.encode()).decode(), "transport_type": "http"}
    server.client.xadd(f"acapy_inbound_stream_{partition}", {"inbound": json.dumps(entry), "kid": kid})


def payload_of(fields: dict) -> bytes:
    return base64.urlsafe_b64decode(json.loads(fields[b"inbound"])["payload"])


def handled(server) -> list[str]:
    return [line.decode() for line in server.client.lrange("handled", 0, -1)]


def until(what: str, holds, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it never came about that {what}"
        time.sleep(0.02)


def a_consumer_that_is_killed_again_and_again_loses_nothing_and_keeps_the_order(server, consume):
    expected = [f"{number:03}" for number in range(300)]
    for number in expected:
        for partition in (0, 1):
            append(server, partition, f"key{partition}", number)
    for _ in range(3):
        before = len(handled(server))
        child = consume()
        until("some are handled", lambda: len(handled(server)) > before + 20)
        child.kill()
    consume()
    consume()
    until("the streams are empty", lambda: not any(server.client.xlen(f"acapy_inbound_stream_{n}") for n in (0, 1)))
    for partition in (0, 1):
        numbers = [line.split()[1] for line in handled(server) if line.startswith(f"key{partition} ")]
        # One that was in hand at a kill may come twice in a row.
        once = [number for place, number in enumerate(numbers) if place == 0 or numbers[place - 1] != number]
        assert once == expected


def a_message_that_is_never_handled_is_set_aside_and_the_next_one_goes_on(server, consume):
    for payload in ("one", "poison", "refused", "two"):
        append(server, 0, "key", payload)
    consume()
    until("the others are handled", lambda: len(handled(server)) == 2)
    assert handled(server) == ["key one", "key two"]
    dead = server.client.xrange("{acapy_inbound_stream_0}:dead")
    assert [payload_of(fields) for _, fields in dead] == [b"poison", b"refused"]


def what_is_no_message_is_set_aside_at_once(server, consume):
    stream = "acapy_inbound_stream_0"
    junk = [{"inbound": "no JSON"}, {"inbound": "[]"}, {"inbound": '{"payload": 7}'}, {"other": "field"}]
    for fields in junk:
        server.client.xadd(stream, fields)
    append(server, 0, "key", "after")
    consume()
    until("the message behind them is handled", lambda: handled(server) == ["key after"])
    assert server.client.xlen("{acapy_inbound_stream_0}:dead") == len(junk)


def a_redis_that_forgot_everything_is_read_on(server, consume):
    append(server, 0, "key", "before")
    consume()
    until("the first is handled", lambda: handled(server) == ["key before"])
    server.client.flushall()
    append(server, 0, "key", "after")
    until("the second is handled", lambda: handled(server) == ["key after"])
