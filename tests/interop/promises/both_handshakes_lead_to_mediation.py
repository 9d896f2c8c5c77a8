"""did-exchange with each kind of peer DID, connections/1.0, both prefixes, and discovered pickup."""

import pytest

from harness.accounts import assert_each_once_in_order, numbered, send_all
from harness.credo import connect
from harness.sample import sampled

HANDSHAKES = {
    "did-exchange with did:peer:4": ({"handshake": "didexchange", "peerNumAlgo": 4}, "did:peer:4"),
    "did-exchange with did:peer:2": ({"handshake": "didexchange", "peerNumAlgo": 2}, "did:peer:2"),
    "did-exchange with did:peer:1": ({"handshake": "didexchange", "peerNumAlgo": 1}, "did:peer:1"),
    "connections": ({"handshake": "connections"}, "did:peer:1"),
    "did-exchange with the did:sov prefix": ({"handshake": "didexchange", "didSovPrefix": True}, "did:peer:4"),
    "connections with the did:sov prefix": ({"handshake": "connections", "didSovPrefix": True}, "did:peer:1"),
}
QUICK = ["did-exchange with did:peer:4", "connections", "connections with the did:sov prefix"]


@pytest.mark.parametrize("handshake", sampled(HANDSHAKES, *QUICK))
def a_wallet_connects_and_is_mediated(handshake, wallet, sender, mail_to):
    options, did = HANDSHAKES[handshake]
    phone = wallet("PickUpV2LiveMode", start=False)
    phone.start(**options)
    own = phone.wait_for_event("connection", 30, state="completed")
    assert own["did"].startswith(did)
    assert options["handshake"] in own["protocol"]
    texts = numbered(5)
    send_all(sender, mail_to(phone), texts)
    assert_each_once_in_order(phone, texts)


@pytest.mark.quick
def a_wallet_without_a_strategy_discovers_one(wallet, sender, mail_to):
    phone = wallet(None)
    texts = numbered(5)
    send_all(sender, mail_to(phone), texts)
    assert_each_once_in_order(phone, texts)


@pytest.mark.parametrize("handshake", ["didexchange", "connections"])
def a_peer_may_connect_to_a_mediated_wallet_by(handshake, wallet, sender):
    phone = wallet("PickUpV2LiveMode")
    _, connection = connect(phone, sender, handshake)
    texts = numbered(5)
    send_all(sender, connection, texts)
    assert_each_once_in_order(phone, texts)


def a_wallet_that_starts_again_keeps_its_connection_to_the_mediator(wallet):
    phone = wallet("PickUpV2LiveMode")
    before = phone.call("connections")
    phone.kill()
    phone.start()
    assert phone.call("connections") == before
