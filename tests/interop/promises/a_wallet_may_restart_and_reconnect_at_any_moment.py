"""Sockets that drop and wallets that are ended: nothing the mediator answers for is lost.

Credo acknowledges before it processes. What it had acknowledged when it was ended is its own loss; the
accounts tell it apart by the tags of the envelopes, and hold the mediator to all the rest.
"""

import threading
import time

import pytest

from harness.accounts import (
    CREDO_BATCH,
    assert_each_once,
    assert_only_credo_lost,
    handed_out_after_acknowledgement,
    numbered,
    repeated_without_cause,
    send_all,
)
from harness.sample import sampled
from harness.waiting import eventually

STRATEGIES = ["Implicit", "PickUpV1", "PickUpV2", "PickUpV2LiveMode"]
SOCKETS = ["Implicit", "PickUpV2LiveMode"]


@pytest.mark.parametrize("strategy", sampled(SOCKETS, "PickUpV2LiveMode"))
def a_socket_that_drops_between_messages_loses_and_repeats_nothing(strategy, wallet, sender, mail_to):
    phone = wallet(strategy)
    connection = mail_to(phone)
    texts = numbered(20)
    for start in range(0, 20, 5):
        send_all(sender, connection, texts[start : start + 5])
        phone.wait_for_texts(texts[: start + 5], 60)
        time.sleep(0.5)
        assert phone.call("dropSocket")["dropped"] == 1
    assert_each_once(phone, texts)


@pytest.mark.parametrize("strategy", SOCKETS)
def a_socket_that_drops_amid_messages_loses_nothing(strategy, wallet, sender, mail_to):
    phone = wallet(strategy)
    connection = mail_to(phone)
    texts = numbered(60)
    sending = threading.Thread(target=send_all, args=(sender, connection, texts), kwargs={"pause": 0.05})
    sending.start()
    for _ in range(4):
        time.sleep(1)
        phone.call("dropSocket")
    sending.join()
    phone.wait_for_texts(texts, 60)
    time.sleep(1)
    if strategy == "PickUpV2LiveMode":
        assert handed_out_after_acknowledgement(phone) == []
        assert repeated_without_cause(phone) == []


@pytest.mark.parametrize("strategy", sampled(STRATEGIES, "Implicit"))
def a_wallet_restarted_repeatedly_gets_every_message_once(strategy, wallet, sender, mail_to):
    phone = wallet(strategy)
    connection = mail_to(phone)
    texts = numbered(12)
    for round_ in range(3):
        phone.kill() if round_ % 2 else phone.shutdown()
        part = texts[round_ * 4 : round_ * 4 + 4]
        send_all(sender, connection, part)
        phone.start()
        phone.wait_for_texts(part, 60)
        time.sleep(0.7)
    assert_each_once(phone, texts)


@pytest.mark.parametrize("strategy", STRATEGIES)
def a_wallet_killed_while_it_drains_loses_only_what_it_had_taken(strategy, wallet, sender, mail_to):
    phone = wallet(strategy)
    connection = mail_to(phone)
    texts = numbered(120)
    phone.shutdown()
    send_all(sender, connection, texts)
    kills = 5
    for _ in range(kills):
        seen = len(phone.seen("arrived"))
        phone.start()
        wait_for_more(phone, seen)
        phone.kill()
    phone.start()
    if strategy == "PickUpV1":
        # A batch has no acknowledgement: what the dying process's kernel took is gone with it.
        eventually(lambda: len(set(texts) - set(phone.texts())) <= kills * CREDO_BATCH, 60, "all but what kills cost")
    else:
        assert_only_credo_lost(phone, texts, acknowledges=strategy != "Implicit")
    assert handed_out_after_acknowledgement(phone) == []


def wait_for_more(phone, seen: int) -> None:
    """Until the wallet is in the middle of its mail, or has none; a poll begins after a few seconds."""
    deadline = time.monotonic() + 8
    while len(phone.seen("arrived")) < seen + 8 and time.monotonic() < deadline:
        time.sleep(0.005)
