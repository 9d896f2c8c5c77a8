"""Unmodified ACA-Py behind `restante relay --deliver`: envelopes, webhooks and admin calls all travel through Redis.

The agents have no queue plug-in. What comes for them waits in streams, and `examples/consumer-python` brings it to their HTTP transport;
what they send to each other they post themselves, to the other's relay.
"""

import base64
import json
import threading
import urllib.error
import uuid

import pytest

from harness.accounts import numbered
from harness.queued import QueuedAgent
from harness.redis_server import RedisServer
from harness.waiting import eventually

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("queues") / "redis")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def agents(server, tmp_path_factory):
    """Two agents, started."""
    agents = [QueuedAgent(tmp_path_factory.mktemp(name), name, server.url) for name in ("faber", "alice")]
    starting = [threading.Thread(target=agent.start) for agent in agents]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    yield agents
    for agent in agents:
        agent.close()


@pytest.fixture(scope="module")
def connection(agents) -> tuple[str, str]:
    """Their connection, by the id that each of them has for it."""
    faber, alice = agents
    invitation = faber.invite()
    of_alice = alice.accept(invitation["invitation"])
    [of_faber] = [record["connection_id"] for record in faber.connections(invitation) if record["their_label"] == "alice"]
    return of_faber, of_alice


def two_agents_connect_and_write_to_each_other(agents, connection):
    faber, alice = agents
    texts, answers = numbered(10), numbered(10)
    for text, answer in zip(texts, answers):
        alice.send(connection[1], text)
        faber.send(connection[0], answer)
    faber.wait_for_texts(texts, 60)
    alice.wait_for_texts(answers, 60)
    assert sorted(faber.texts()) == sorted(texts) and sorted(alice.texts()) == sorted(answers)


def a_call_that_is_repeated_with_its_key_is_executed_once(agents, connection):
    faber, alice = agents
    path, text = f"/connections/{connection[1]}/send-message", f"once {uuid.uuid4()}"
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = alice.post(path, {"content": text}, key)
    assert alice.post(path, {"content": text}, key) == first
    with pytest.raises(urllib.error.HTTPError) as refused:
        alice.post(path, {"content": "another"}, key)
    assert refused.value.code == 422
    after = f"after {uuid.uuid4()}"
    alice.send(connection[1], after)
    faber.wait_for_texts([after], 60)
    assert faber.texts().count(text) == 1


def a_call_without_the_key_of_the_agent_is_refused_by_the_agent(agents):
    faber, _ = agents
    key, faber.admin_key = faber.admin_key, "wrong"
    try:
        with pytest.raises(urllib.error.HTTPError) as refused:
            faber.get("/connections")
    finally:
        faber.admin_key = key
    assert refused.value.code == 401
    assert all(agent.admin_key not in agent.relay.log.read_text() for agent in agents)


def a_group_of_controllers_reads_the_webhooks_from_the_stream(server, agents, connection):
    faber, alice = agents
    server.client.xgroup_create("faber_webhooks", "auditors", "$", mkstream=True)
    text = f"audited {uuid.uuid4()}"
    alice.send(connection[1], text)
    read = []

    def audited():
        for _, entries in server.client.xreadgroup("auditors", "one", {"faber_webhooks": ">"}, block=200):
            read.extend(json.loads(fields[b"webhook"]) for _, fields in entries)
        bodies = [json.loads(base64.urlsafe_b64decode(one["payload"])) for one in read if one["topic"] == "basicmessages"]
        return [body for body in bodies if body.get("content") == text]

    eventually(audited, 60, "the webhook in the stream")
    faber.wait_for_texts([text], 60)
    server.client.xgroup_destroy("faber_webhooks", "auditors")


def a_kill_of_relay_and_deliverer_loses_no_message_and_no_webhook(agents, connection):
    faber, alice = agents
    texts = [f"{text} {uuid.uuid4()}" for text in numbered(30)]
    sending = threading.Thread(target=lambda: [alice.send(connection[1], text) for text in texts])
    sending.start()
    while sending.is_alive():
        faber.restart_relay_after_kill()
        sending.join(1.5)
    faber.wait_for_texts(texts, 120)
