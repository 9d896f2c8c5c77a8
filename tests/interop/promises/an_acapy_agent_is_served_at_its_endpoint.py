"""`--mediator-invitation` with an http and a ws endpoint: no pickup, everything is pushed, in order."""

import re
import threading
import time

import pytest

from harness.accounts import (
    assert_delivered_in_order,
    assert_delivered_once_in_order,
    assert_each_once,
    growing,
    numbered,
    send_all,
    send_all_stubbornly,
)
from harness.sample import sampled

both_endpoints = pytest.mark.parametrize("endpoint", ["http", "ws"])


def mediated(acapy, mediator, endpoint: str, name: str = "faber"):
    agent = acapy(name, endpoint=endpoint, mediator_invitation=mediator.invitation_url())
    agent.await_grant()
    return agent


def connected(sender, agent) -> str:
    """The sender's connection to a mediated ACA-Py agent, once both have completed it."""
    invitation = agent.invite()
    connection = sender.call("accept", url=invitation["invitation_url"], timeout=60)["connectionId"]
    sender.send(connection, f"hello {agent.name}")
    agent.wait_for_texts([f"hello {agent.name}"], 60)
    # It shows messages before it has noted that the connection is complete. Killed in between, it knows of none.
    agent.await_completed(invitation)
    return connection


@pytest.mark.quick
@both_endpoints
def every_message_reaches_the_endpoint_in_order(endpoint, acapy, mediator, sender):
    agent = mediated(acapy, mediator, endpoint)
    texts = growing(40)
    send_all(sender, connected(sender, agent), texts)
    assert_delivered_once_in_order(agent, texts)


@pytest.mark.parametrize("endpoint", sampled(["http", "ws"], "http"))
def messages_for_an_endpoint_that_is_down_arrive_in_order_when_it_is_back(endpoint, acapy, mediator, sender):
    down_for(6, endpoint, acapy, mediator, sender)


@pytest.mark.timeout(480)
@both_endpoints
def messages_for_an_endpoint_that_is_down_for_two_minutes_arrive_in_order(endpoint, acapy, mediator, sender):
    down_for(120, endpoint, acapy, mediator, sender)


def down_for(seconds: float, endpoint: str, acapy, mediator, sender) -> None:
    agent = mediated(acapy, mediator, endpoint)
    connection = connected(sender, agent)
    texts = growing(30)
    agent.kill()
    since = time.monotonic()
    send_all(sender, connection, texts[:20])
    time.sleep(max(0.0, seconds - (time.monotonic() - since)))
    agent.start()
    send_all(sender, connection, texts[20:])
    # The pause between attempts grows while the endpoint is down, to about what it was down for.
    assert_delivered_once_in_order(agent, texts, seconds=30 + seconds * 2)


@pytest.mark.parametrize("endpoint", sampled(["http", "ws"], "ws"))
def messages_for_an_endpoint_survive_a_kill_of_the_mediator(endpoint, acapy, mediator, sender):
    agent = mediated(acapy, mediator, endpoint)
    connection = connected(sender, agent)
    texts = growing(20)
    agent.kill()
    send_all(sender, connection, texts)
    mediator.restart_after_kill()
    agent.start()
    assert_delivered_once_in_order(agent, texts, seconds=60)


@both_endpoints
def messages_sent_while_the_mediator_is_killed_arrive_in_order(endpoint, acapy, mediator, sender):
    agent = mediated(acapy, mediator, endpoint)
    connection = connected(sender, agent)
    texts = growing(150)
    sending = threading.Thread(target=send_all_stubbornly, args=(sender, connection, texts, 120))
    sending.start()
    while sending.is_alive():
        time.sleep(1.5)
        mediator.restart_after_kill()
    sending.join()
    # A delivery whose answer the killed process did not live to note is made again.
    assert_delivered_in_order(agent, texts, seconds=60)


@pytest.mark.quick
def the_keylist_holds_the_keys_that_the_agent_has_routed(acapy, mediator, sender):
    agent = mediated(acapy, mediator, "http")
    for _ in range(3):
        connected(sender, agent)
    # While a peer connects, the agent adds the connection's key and removes the invitation's.
    routed = {record["recipient_key"] for record in agent.get("/mediation/keylists?role=client")["results"]}
    assert len(routed) == 3
    assert keylist_of(agent) == routed


def a_key_that_the_agent_adds_and_removes_is_in_the_keylist_meanwhile(acapy, mediator):
    agent = mediated(acapy, mediator, "http")
    added = "did:key:z6Mkgg342Ycpuk263R9d8Aq6MUaxPn1DDeHyGo38EefXmgDL"
    assert keylist_of(agent) == set()
    update(agent, "add", added)
    assert keylist_of(agent) == {added}
    update(agent, "remove", added)
    assert keylist_of(agent) == set()


def update(agent, action: str, key: str) -> None:
    path = f"/mediation/keylists/{agent.mediation()['mediation_id']}/send-keylist-update"
    agent.post(path, {"updates": [{"action": action, "recipient_key": key}]})
    time.sleep(2)


def keylist_of(agent) -> set[str]:
    """What the mediator answers to a keylist query. ACA-Py only logs it."""
    before = len(keylists_in_log(agent))
    agent.post(f"/mediation/keylists/{agent.mediation()['mediation_id']}/send-keylist-query")
    deadline = time.monotonic() + 30
    while len(keylists_in_log(agent)) == before:
        assert time.monotonic() < deadline, "no keylist came"
        time.sleep(0.1)
    return set(re.findall(r"did:key:z\w+", keylists_in_log(agent)[-1]))


def keylists_in_log(agent) -> list[str]:
    return [line for line in agent.child.log.read_text().splitlines() if "Keylist received" in line]


def two_acapy_agents_on_one_mediator_write_to_each_other(acapy, mediator):
    # An ACA-Py that sends hands several messages to the network at once, so they have no order to keep.
    faber, alice = (mediated(acapy, mediator, endpoint, name) for endpoint, name in [("http", "faber"), ("ws", "alice")])
    invitation = faber.invite()
    to_faber = alice.accept(invitation["invitation"])
    texts, answers = numbered(20), numbered(20)
    for text in texts:
        alice.post(f"/connections/{to_faber}/send-message", {"content": text})
    assert_each_once(faber, texts)
    [connection] = [each for each in faber.connections(invitation) if each["state"] in ("active", "response")]
    for text in answers:
        faber.send(connection["connection_id"], text)
    assert_each_once(alice, answers)


def a_dead_endpoint_slows_nobody_else(acapy, mediator, sender):
    dead, alive = (mediated(acapy, mediator, "http", name) for name in ["dead", "alive"])
    to_dead, to_alive = connected(sender, dead), connected(sender, alive)
    dead.kill()
    send_all(sender, to_dead, numbered(20))
    texts = growing(40)
    send_all(sender, to_alive, texts)
    assert_delivered_once_in_order(alive, texts, seconds=5)
