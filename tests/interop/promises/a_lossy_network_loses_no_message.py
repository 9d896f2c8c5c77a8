"""Deliveries and acknowledgements that vanish, and sockets that are half dead, between wallet and mediator.

Repeats are right where an acknowledgement was lost: nobody but the wallet can know that it has the message.
"""

import time

import pytest

from harness.accounts import (
    assert_each_once,
    assert_none_lost,
    handed_out_after_acknowledgement,
    numbered,
    repeated_without_cause,
    send_all,
)
from harness.proxy_pair import TO_AGENT, TO_MEDIATOR
from harness.sample import sampled
from harness.waiting import eventually

SOCKETS = ["Implicit", "PickUpV2LiveMode"]


@pytest.mark.quick
@pytest.mark.parametrize("strategy", SOCKETS)
def a_delivery_that_vanishes_is_made_again(strategy, wallet, sender, mail_to, proxy):
    phone = wallet(strategy)
    connection = mail_to(phone)
    texts = numbered(15)
    proxy.swallow(phone.source, TO_AGENT)
    send_all(sender, connection, texts[:10])
    eventually(lambda: proxy.stopped_bytes(phone.source, TO_AGENT) > 0, 60, "deliveries to vanish")
    proxy.heal(phone.source)
    send_all(sender, connection, texts[10:])
    assert_each_once(phone, texts, seconds=60)


@pytest.mark.parametrize("strategy", sampled(SOCKETS, "PickUpV2LiveMode"))
def an_acknowledgement_that_vanishes_costs_at_most_a_repeat(strategy, wallet, sender, mail_to, proxy):
    phone = wallet(strategy)
    connection = mail_to(phone)
    texts = numbered(15)
    proxy.swallow(phone.source, TO_MEDIATOR)
    send_all(sender, connection, texts[:10])
    eventually(lambda: proxy.stopped_bytes(phone.source, TO_MEDIATOR) > 0, 60, "acknowledgements to vanish")
    # A delivery that is under way when the old socket ends would be made again behind later ones. Credo has them all by then, but
    # deals with the first one until the HTTP request that acknowledges it has failed.
    time.sleep(2)
    proxy.heal(phone.source)
    send_all(sender, connection, texts[10:])
    assert_none_lost(phone, texts, may_repeat=texts[:10], seconds=60)
    assert handed_out_after_acknowledgement(phone) == []


@pytest.mark.parametrize("strategy", sampled(SOCKETS, "PickUpV2LiveMode"))
def a_half_dead_socket_costs_no_message(strategy, wallet, sender, mail_to, proxy):
    """Neither side hears that the old socket is gone; the mediator's end of it stays open."""
    phone = wallet(strategy)
    connection = mail_to(phone)
    texts = numbered(15)
    proxy.swallow(phone.source)
    send_all(sender, connection, texts[:10])
    eventually(lambda: proxy.stopped_bytes(phone.source, TO_AGENT) > 0, 60, "deliveries to vanish")
    proxy.heal(phone.source, mediator_notices=False)
    send_all(sender, connection, texts[10:])
    assert_each_once(phone, texts, seconds=60)


@pytest.mark.parametrize("strategy", SOCKETS)
def a_stalled_network_costs_no_message(strategy, wallet, sender, mail_to, proxy):
    phone = wallet(strategy)
    connection = mail_to(phone)
    texts = numbered(15)
    proxy.stall(phone.source)
    send_all(sender, connection, texts[:10])
    time.sleep(5)
    proxy.heal(phone.source)
    send_all(sender, connection, texts[10:])
    assert_each_once(phone, texts, seconds=60)


def a_network_that_fails_again_and_again_costs_no_message(wallet, sender, mail_to, proxy):
    phone = wallet("PickUpV2LiveMode")
    connection = mail_to(phone)
    texts = numbered(60)
    for round_ in range(6):
        send_all(sender, connection, texts[round_ * 10 : round_ * 10 + 10])
        proxy.refuse(phone.source) if round_ % 2 else proxy.cut(phone.source)
        time.sleep(0.5)
        proxy.heal(phone.source)
    phone.wait_for_texts(texts, 60)
    time.sleep(1)
    assert handed_out_after_acknowledgement(phone) == []
    assert repeated_without_cause(phone) == []


@pytest.mark.quick
def a_polled_delivery_whose_response_is_lost_is_made_again(wallet, sender, mail_to, proxy):
    phone, texts = polled(wallet, sender, mail_to, "PickUpV2")
    # Requests: status-request, delivery-request, messages-received. The second one's answer is the delivery.
    proxy.lose(phone.source, 2, "response")
    phone.start()
    assert_each_once(phone, texts, seconds=60)
    assert proxy.all_lost(phone.source)


def a_polled_delivery_whose_acknowledgement_is_lost_is_made_again(wallet, sender, mail_to, proxy):
    phone, texts = polled(wallet, sender, mail_to, "PickUpV2")
    proxy.lose(phone.source, 3, "request")
    phone.start()
    eventually(lambda: proxy.all_lost(phone.source), 60, "the acknowledgement to be lost")
    assert_none_lost(phone, texts, may_repeat=texts[:10])


def a_polled_delivery_whose_last_status_is_lost_is_not_repeated(wallet, sender, mail_to, proxy):
    phone, texts = polled(wallet, sender, mail_to, "PickUpV2")
    proxy.lose(phone.source, 3, "response")
    phone.start()
    assert_each_once(phone, texts, seconds=60)
    assert proxy.all_lost(phone.source)


@pytest.mark.quick
def a_batch_that_the_network_did_not_take_is_made_again(wallet, sender, mail_to, proxy):
    """Pickup 1.0 has no acknowledgement; the mediator sees that TCP did not take the whole response."""
    phone, texts = polled(wallet, sender, mail_to, "PickUpV1", padding=200_000)
    proxy.stall(phone.source, TO_AGENT, small_window=True)
    phone.start()
    eventually(lambda: proxy.stopped_bytes(phone.source, TO_AGENT) > 0, 60, "the response to stall")
    time.sleep(1)
    proxy.heal(phone.source)
    assert_each_once(phone, texts, seconds=60)


def a_batch_that_the_network_took_and_lost_is_the_only_loss_of_pickup_1(wallet, sender, mail_to, proxy):
    """The protocol's own loss: the response was taken by TCP, and nothing can tell that the app never saw it."""
    phone, texts = polled(wallet, sender, mail_to, "PickUpV1")
    proxy.lose(phone.source, 1, "response")
    phone.start()
    assert_each_once(phone, texts[10:], seconds=60)
    assert proxy.all_lost(phone.source)


def polled(wallet, sender, mail_to, strategy: str, padding: int = 0):
    """A wallet that polls over HTTP, not running, with 15 messages waiting."""
    phone = wallet(strategy, transports=["http"])
    connection = mail_to(phone)
    texts = numbered(15, padding)
    phone.shutdown()
    send_all(sender, connection, texts)
    return phone, texts
