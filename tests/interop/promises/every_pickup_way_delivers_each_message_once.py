"""Implicit, pickup 1.0, 2.0 polling and 2.0 live: online, offline then back, and after a backlog."""

import time

import pytest

from harness.accounts import assert_each_once, assert_each_once_in_order, numbered, send_all
from harness.credo import only_web_socket

STRATEGIES = ["Implicit", "PickUpV1", "PickUpV2", "PickUpV2LiveMode"]
by_each_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


@by_each_strategy
def a_wallet_online_gets_every_message_once_and_in_order(strategy, wallet, sender, mail_to):
    phone = wallet(strategy)
    texts = numbered(25)
    send_all(sender, mail_to(phone), texts)
    assert_each_once_in_order(phone, texts)


@pytest.mark.quick
@by_each_strategy
def a_wallet_that_comes_back_gets_what_waited_and_what_follows(strategy, wallet, sender, mail_to):
    phone = wallet(strategy)
    connection = mail_to(phone)
    waiting, following = numbered(25), numbered(5)
    phone.shutdown()
    send_all(sender, connection, waiting)
    phone.start()
    phone.wait_for_texts(waiting, 60)
    send_all(sender, connection, following)
    assert_each_once_in_order(phone, waiting + following)


@by_each_strategy
def a_wallet_that_only_speaks_web_socket_gets_every_message_once(strategy, wallet, sender, mail_to):
    phone = wallet(strategy)
    connection = mail_to(phone)
    only_web_socket(phone)
    texts = numbered(20)
    send_all(sender, connection, texts[:10])
    phone.wait_for_texts(texts[:10], 60)
    phone.shutdown()
    send_all(sender, connection, texts[10:])
    phone.start()
    assert_each_once_in_order(phone, texts)


@pytest.mark.parametrize("strategy", ["PickUpV1", "PickUpV2"])
def a_wallet_that_only_speaks_http_gets_every_message_once(strategy, wallet, sender, mail_to):
    phone = wallet(strategy, transports=["http"])
    connection = mail_to(phone)
    texts = numbered(20)
    send_all(sender, connection, texts[:10])
    phone.wait_for_texts(texts[:10], 60)
    phone.shutdown()
    send_all(sender, connection, texts[10:])
    phone.start()
    assert_each_once_in_order(phone, texts)


@by_each_strategy
def a_backlog_of_a_hundred_is_drained_before_live_mode_gives_up(strategy, wallet, sender, mail_to):
    """A hundred, because Credo grants the drain before live mode ten seconds and ends live mode for good after that.

    Credo itself takes about 50 CPU ms to handle a message (measured: 4.7 to 5.4 CPU s for these), so that it cannot get
    through five hundred in that time, whoever its mediator is. The mediator's share of five hundred is 20 CPU ms (docs/benchmarks.md).
    """
    deliver_backlog(wallet(strategy), sender, mail_to, 100)


@pytest.mark.timeout(1800)
def a_backlog_of_five_hundred_is_delivered_once_without_a_time_limit(wallet, sender, mail_to):
    deliver_backlog(wallet("Implicit"), sender, mail_to, 500)


@pytest.mark.timeout(1800)
def a_backlog_of_five_hundred_is_polled_once_and_in_order(wallet, sender, mail_to):
    """Credo begins another drain every five seconds, and comes to the deliveries of the older ones late: docs/adr/0006."""
    phone = wallet("PickUpV2")
    connection = mail_to(phone)
    backlog = numbered(500)
    phone.shutdown()
    send_all(sender, connection, backlog)
    phone.start()
    assert_each_once_in_order(phone, backlog, seconds=1200)


def deliver_backlog(phone, sender, mail_to, messages):
    connection = mail_to(phone)
    backlog, live = numbered(messages), numbered(5)
    phone.shutdown()
    send_all(sender, connection, backlog)
    phone.start()
    phone.wait_for_texts(backlog, 60 + 2 * messages)
    send_all(sender, connection, live)
    assert_each_once_in_order(phone, backlog + live)


def a_wallet_may_change_its_way_of_pickup_and_loses_nothing(wallet, sender, mail_to):
    phone = wallet(STRATEGIES[0])
    connection = mail_to(phone)
    texts = numbered(20)
    for round_, strategy in enumerate(STRATEGIES[1:] + STRATEGIES[:1]):
        phone.shutdown()
        part = texts[round_ * 5 : round_ * 5 + 5]
        send_all(sender, connection, part[:3])
        phone.start(strategy=strategy)
        phone.wait_for_texts(part[:3], 60)
        send_all(sender, connection, part[3:])
        phone.wait_for_texts(part, 60)
        time.sleep(1)
    assert_each_once_in_order(phone, texts)


def a_wallet_in_the_background_gets_what_came_meanwhile(wallet, sender, mail_to):
    """Bifold stops the pickup in the background, and the socket stays open and silent."""
    phone = wallet("PickUpV2LiveMode")
    connection = mail_to(phone)
    phone.call("stopPickup")
    texts = numbered(10)
    send_all(sender, connection, texts)
    phone.call("initiatePickup", strategy="PickUpV2LiveMode")
    assert_each_once(phone, texts)


def messages_of_a_hundred_kilobytes_pass(wallet, sender, mail_to):
    phone = wallet("PickUpV2LiveMode")
    connection = mail_to(phone)
    texts = numbered(12, padding=100_000)
    send_all(sender, connection, texts[:6])
    # What Credo has acknowledged and not processed yet would be lost by its shutdown.
    phone.wait_for_texts(texts[:6], 40)
    phone.shutdown()
    send_all(sender, connection, texts[6:])
    phone.start()
    assert_each_once_in_order(phone, texts, seconds=60)
