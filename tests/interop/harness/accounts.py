"""Sending numbered messages, and accounting for every one of them afterwards."""

import itertools
import time
from collections import Counter

from .credo import CredoAgent, CredoError, summary
from .waiting import eventually

# What Credo asks for at once.
CREDO_BATCH = 10

_series = itertools.count(1)


def numbered(count: int, padding: int = 0) -> list[str]:
    """Texts that no other call gives out; each is `padding` characters longer than it needs to be."""
    series = next(_series)
    return [f"{series}-{number}{'.' * padding}" for number in range(count)]


def growing(count: int, step: int = 64, start: int = 6144) -> list[str]:
    """Texts each longer than the one before, and all longer than other traffic, so that a tap can tell them."""
    return [text.ljust(start + number * step, ".") for number, text in enumerate(numbered(count))]


def send_all(sender: CredoAgent, connection: str, texts: list[str], pause: float = 0) -> None:
    for text in texts:
        sender.send(connection, text)
        time.sleep(pause)


def send_all_stubbornly(sender: CredoAgent, connection: str, texts: list[str], seconds: float = 60) -> set[str]:
    """Sends again what Credo reports as failed; those texts, which the mediator may have taken twice."""
    sent_again = set()
    deadline = time.monotonic() + seconds
    for text in texts:
        while True:
            try:
                sender.send(connection, text)
                break
            except CredoError:
                assert time.monotonic() < deadline, f"{text} could not be sent for {seconds} s"
                sent_again.add(text)
                time.sleep(0.2)
    return sent_again


def assert_each_once_in_order(agent, wanted: list[str], seconds: float = 60, settle: float = 1) -> None:
    assert_each_once(agent, wanted, seconds, settle)
    assert list(dict.fromkeys(ours(agent, wanted))) == wanted


def assert_each_once(agent, wanted: list[str], seconds: float = 60, settle: float = 1) -> None:
    """Waits for all, then `settle` seconds for repeats."""
    agent.wait_for_texts(wanted, seconds)
    time.sleep(settle)
    again = repeats(agent, wanted)
    assert sum(again.values()) - len(again) <= excused_repeats(agent), again


def excused_repeats(agent) -> int:
    """Pickup 1.0 does not acknowledge: a batch comes again when HAProxy reset the connection behind it (README.md). Counts what the
    mediators lost since this wallet was made."""
    if getattr(agent, "options", {}).get("strategy") != "PickUpV1" or not agent.mediator.is_behind_haproxy:
        return 0
    return (agent.mediator.receipts_lost() - agent.lost_before) * CREDO_BATCH


def assert_delivered_once_in_order(agent, wanted: list[str], seconds: float = 60, settle: float = 1) -> None:
    """For ACA-Py and `growing` texts: the application saw each once, and the wire had them in order."""
    assert_each_once(agent, wanted, seconds, settle)
    sizes = sizes_of(agent, wanted)
    assert len(sizes) == len(wanted)
    assert sizes == sorted(sizes), "the mediator delivered out of order"


def assert_delivered_in_order(agent, wanted: list[str], seconds: float) -> None:
    """Like `assert_delivered_once_in_order`, where a delivery may have been made again."""
    agent.wait_for_texts(wanted, seconds)
    firsts = list(dict.fromkeys(sizes_of(agent, wanted)))
    assert firsts == sorted(firsts), "the mediator delivered out of order"


def sizes_of(agent, wanted: list[str]) -> list[int]:
    """What passed the agent's tap and is at least as long as the shortest of the texts."""
    return [size for size in agent.tap.sizes if size > len(wanted[0]) * 4 // 3]


def assert_none_lost(
    agent, wanted: list[str], may_repeat, seconds: float = 60, settle: float = 1, in_order: bool = True
) -> None:
    """Every message at least once, first arrivals in order unless they need not be, and only those in `may_repeat` again."""
    agent.wait_for_texts(wanted, seconds)
    time.sleep(settle)
    firsts = list(dict.fromkeys(ours(agent, wanted)))
    assert firsts == wanted or not in_order
    assert set(repeats(agent, wanted)) <= set(may_repeat)


def ours(agent, wanted: list[str]) -> list[str]:
    """The texts that the application saw, leaving out those of other tests."""
    known = set(wanted)
    return [text for text in agent.texts() if text in known]


def repeats(agent, wanted: list[str]) -> dict[str, int]:
    counts = Counter(ours(agent, wanted))
    return {text: count for text, count in counts.items() if count > 1}


def dropped_by_credo(wallet: CredoAgent, acknowledges: bool) -> int:
    """How many envelopes Credo took responsibility for and never processed, because it was ended.

    With a pickup that acknowledges, those are the ones it acknowledged; otherwise the ones that reached it.
    """
    processed = {event.get("tag") for event in wallet.seen("processed")}
    if acknowledges:
        taken = {tag for event in wallet.seen("acknowledged") for tag in event["tags"]}
    else:
        taken = {event.get("tag") for event in wallet.seen("arrived")}
    return len(taken - processed)


def assert_only_credo_lost(wallet: CredoAgent, wanted: list[str], acknowledges: bool, seconds: float = 60) -> None:
    """Waits until no more is missing than what Credo itself dropped."""

    def missing() -> list[str]:
        seen = set(wallet.texts())
        return [text for text in wanted if text not in seen]

    def excused() -> int:
        return dropped_by_credo(wallet, acknowledges)

    what = lambda: f"{summary(missing())}, of which Credo dropped {excused()}"
    eventually(lambda: len(missing()) <= excused(), seconds, what, every=0.5)


def handed_out_after_acknowledgement(wallet: CredoAgent) -> list[str]:
    """Tags of envelopes in deliveries that reached the wallet after their acknowledgement was answered.

    Arrival is what counts, half a second's grace included: Credo may process a delivery much later. It may
    run several drains at once and so ask for the same messages more than once; that is not looked at here.
    """
    answered: dict[str, float] = {}
    for event in wallet.seen("acknowledged"):
        if event["status"] == "SentToTransport":
            for tag in event["tags"]:
                answered.setdefault(tag, event["at"])
    arrived = {event.get("tag"): event["at"] for event in wallet.seen("arrived")}
    return [
        tag
        for delivery in wallet.seen("processed")
        for tag in delivery.get("attached") or ()
        if arrived[delivery["tag"]] > answered.get(tag, float("inf")) + 0.5
    ]


def repeated_without_cause(wallet: CredoAgent) -> list[str]:
    """Tags of envelopes that came again although no acknowledgement of them was lost.

    Credo acknowledges each delivery once. It could not if no connection was to be had; and what it wrote to a socket
    just before that fell counts as sent to Credo, and got lost all the same. A busy machine may also take longer to
    come to a delivery than the mediator waits for (`pickup.delivery_lease`).
    """
    fallen = [event["at"] for event in wallet.seen("socket") if event["state"] == "closed"]

    def is_lost(acknowledgement: dict) -> bool:
        sent = acknowledgement["at"]
        return acknowledgement["status"] != "SentToTransport" or any(sent - 0.1 <= at < sent + 0.5 for at in fallen)

    lost = Counter(tag for event in wallet.seen("acknowledged") if is_lost(event) for tag in event["tags"])
    since = {event.get("tag"): event["at"] for event in wallet.seen("arrived")}
    deliveries = [event for event in wallet.seen("processed") if event.get("attached")]
    late = Counter(tag for each in deliveries if each["at"] - since[each["tag"]] > 2.5 for tag in each["attached"])
    attached = {tag for event in wallet.seen("acknowledged") for tag in event["tags"]}
    arrived = Counter(event.get("tag") for event in wallet.seen("arrived"))
    return [tag for tag in attached if arrived[tag] - 1 > lost[tag] + late[tag]]
