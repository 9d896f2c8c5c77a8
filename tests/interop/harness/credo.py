"""One Credo wallet (or sender with an endpoint of its own) in a Node process of its own."""

import itertools
import json
import os
import threading
import time
from pathlib import Path

from .child import Child
from .places import CREDO, free_port
from .waiting import eventually


class CredoError(AssertionError):
    """Credo answered a command with an error."""


class CredoAgent:
    """Drives `credo/wallet.mjs`. `source` is the loopback address that its connections come from."""

    def __init__(self, directory: Path, name: str, source: str | None = None, **options):
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.source = source
        self.options = {"label": name, "storage": str(directory / f"{name}.sqlite"), **options}
        self.events: list[dict] = []
        self.child: Child | None = None
        self._ids = itertools.count(1)
        self._answers: dict[int, dict] = {}
        self._changed = threading.Condition()

    # Life and death

    def start(self, timeout: float = 60, **options) -> "CredoAgent":
        """Starts a process if none runs, and the agent in it; waits until it is initialised."""
        if self.child is None or not self.child.is_running():
            self._spawn()
        self.options |= options
        self.call("start", timeout=timeout, **self.options)
        return self

    def kill(self) -> None:
        """kill -9, as a phone does to an app."""
        self.child.kill()
        self._reader.join(10)

    def shutdown(self) -> None:
        """Credo's own orderly shutdown; the process stays for another `start`."""
        self.call("shutdown", timeout=30)

    def close(self) -> None:
        if self.child:
            self.child.kill()

    # Commands

    def call(self, do: str, timeout: float = 30, **fields):
        return self.finish(self.begin(do, **fields), timeout)

    def begin(self, do: str, **fields) -> int:
        """Sends a command and does not wait for its answer."""
        number = next(self._ids)
        self.child.process.stdin.write(json.dumps({"id": number, "do": do, **fields}) + "\n")
        self.child.process.stdin.flush()
        return number

    def finish(self, number: int, timeout: float = 30):
        with self._changed:
            self._changed.wait_for(lambda: number in self._answers or not self.child.is_running(), timeout)
            answer = self._answers.pop(number, None)
        if answer is None:
            raise CredoError(f"{self.name} did not answer within {timeout} s, see {self.child.log}")
        if "error" in answer:
            raise CredoError(f"{self.name}: {answer['error']}")
        return answer["result"]

    def send(self, connection: str, text: str, timeout: float = 30) -> None:
        """Returns once Credo's transport has answered; raises CredoError when Credo gave up."""
        self.call("send", timeout=timeout, connectionId=connection, text=text)

    # What it saw

    def seen(self, event: str) -> list[dict]:
        with self._changed:
            return [each for each in self.events if each["event"] == event]

    def texts(self) -> list[str]:
        """The application messages, in the order in which the application saw them, repeats included."""
        return [each["text"] for each in self.seen("message")]

    def wait_for_texts(self, wanted: list[str], seconds: float) -> None:
        missing = lambda: [text for text in wanted if text not in set(self.texts())]
        eventually(lambda: not missing(), seconds, lambda: f"{self.name} to get {summary(missing())}")

    def wait_for_event(self, event: str, seconds: float, **fields) -> dict:
        def found():
            return [each for each in self.seen(event) if fields.items() <= each.items()]

        return eventually(found, seconds, f"{self.name} to report {event} {fields}")[-1]

    def _spawn(self) -> None:
        env = dict(os.environ)
        if self.source:
            env["SOURCE_ADDRESS"] = self.source
        log = self.directory / f"{self.name}.log"
        self.child = Child(["node", CREDO / "wallet.mjs"], log, env=env, pipe=True)
        self._reader = threading.Thread(target=self._read, args=(self.child.process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, lines) -> None:
        for line in lines:
            said = json.loads(line) | {"at": time.monotonic()}
            with self._changed:
                if "event" in said:
                    self.events.append(said)
                else:
                    self._answers[said["id"]] = said
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


def sender(directory: Path, name: str = "sender") -> CredoAgent:
    """A Credo agent without a mediator that sends over HTTP only: each forward has a status."""
    return CredoAgent(directory, name, inboundPort=free_port(), transports=["http"])


def only_web_socket(wallet: CredoAgent) -> CredoAgent:
    """Starts a mediated wallet again without HTTP.

    A wallet that has no HTTP from the first moment hurts itself: Credo closes a new socket behind the
    did-exchange `complete`, with the mediate-request that follows on it. And it reaches no other peers.
    """
    wallet.shutdown()
    return wallet.start(transports=["ws"])


def connect(inviter: CredoAgent, invitee: CredoAgent, handshake: str | None = None) -> tuple[str, str]:
    """Connects both; the connection ids that the inviter and the invitee know it by."""
    invitation = inviter.call("invite", handshake=handshake)
    theirs = invitee.call("accept", url=invitation["url"], timeout=60)["connectionId"]

    def completed():
        known = inviter.call("connections")
        return [each for each in known if each["outOfBandId"] == invitation["outOfBandId"] and each["state"] == "completed"]

    mine = eventually(completed, 30, f"{inviter.name} to complete its connection", every=0.2)
    return mine[0]["connectionId"], theirs


def summary(texts: list[str]) -> str:
    """A list of texts, short enough for an assertion message."""
    shown = ", ".join(text[:24] for text in texts[:5])
    return f"{len(texts)} messages ({shown}{', …' if len(texts) > 5 else ''})"
