"""The mediator is then both the sender's and the recipient's, and forwards come in over its own sessions."""

import threading

import pytest

from harness.accounts import assert_each_once_in_order, numbered, send_all
from harness.credo import connect
from harness.sample import sampled

PAIRS = [
    ("PickUpV2LiveMode", "PickUpV2LiveMode"),
    ("Implicit", "PickUpV2"),
    ("PickUpV1", "Implicit"),
]


@pytest.mark.parametrize("strategies", sampled(PAIRS, PAIRS[1]), ids="-".join)
def two_wallets_write_to_each_other_at_the_same_time(strategies, wallet):
    alice, bob = (wallet(strategy) for strategy in strategies)
    to_bob, to_alice = connect(alice, bob)
    from_alice, from_bob = numbered(20), numbered(20)
    writing = [
        threading.Thread(target=send_all, args=(alice, to_bob, from_alice)),
        threading.Thread(target=send_all, args=(bob, to_alice, from_bob)),
    ]
    for each in writing:
        each.start()
    for each in writing:
        each.join()
    assert_each_once_in_order(bob, from_alice)
    assert_each_once_in_order(alice, from_bob)
