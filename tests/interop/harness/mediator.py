"""The mediator under test as a process that can be killed and started again on the same data."""

import json
import os
import re
import urllib.error
import urllib.request
from pathlib import Path

from .child import Child
from .places import CREDO, free_port, restante_binary
from .waiting import eventually

LOST = re.compile(r'^restante_port_total\{event="receipts_lost"\} (\d+)', re.MULTILINE)


class Mediator:
    """`public_port` is where agents are told to connect: a proxy's port, or else its own. `shared` are the arguments that name
    what it shares with others; without them it has its data to itself."""

    # Whether a kill may hit somebody who holds frames that he has not sent yet: later mail may then come first.
    swallows = False
    is_behind_haproxy = False

    def __init__(self, directory: Path, public_port: int | None = None, shared: list | None = None):
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.admin_port = free_port()
        self.public_port = public_port or self.port
        self.store = shared or ["--data", self.directory / "data"]
        self.child: Child | None = None
        self._lost_before = 0

    def is_running(self) -> bool:
        return self.child is not None and self.child.is_running()

    def start(self) -> "Mediator":
        # The mediator refuses a RESTANTE_ variable that is no setting, RESTANTE_BIN among them.
        env = {name: value for name, value in os.environ.items() if not name.startswith("RESTANTE_")}
        self.child = Child(self._command(), self.directory / "mediator.log", env)
        eventually(self._ready, 20, lambda: f"the mediator to be ready, see {self.child.log}")
        return self

    def kill(self) -> None:
        """kill -9."""
        self._lost_before = self.receipts_lost()
        self.child.kill()

    def stop(self) -> int:
        return self.child.terminate()

    def restart_after_kill(self) -> None:
        self.kill()
        self.start()

    def invitation_url(self) -> str:
        return self._get("/invitation")["invitation_url"]

    def receipts_lost(self) -> int:
        """How many answers with mail that nobody acknowledges did not get through, as far as the mediator can tell."""
        if not self.is_running() or is_credo():
            return self._lost_before
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/metrics", timeout=5) as response:
            return self._lost_before + int(LOST.search(response.read().decode()).group(1))

    def _command(self) -> list:
        if is_credo():
            return ["node", CREDO / "mediator.mjs", self.port, self.public_port, self.directory / "mediator.sqlite"]
        return [
            restante_binary(), "mediator",
            "--listen", f"127.0.0.1:{self.port}",
            "--admin-listen", f"127.0.0.1:{self.admin_port}",
            *self.store,
            "--public-url", f"http://127.0.0.1:{self.public_port}",
        ]

    def _ready(self) -> bool:
        if not self.child.is_running():
            raise AssertionError(f"the mediator ended at once:\n{self.child.log.read_text()[-2000:]}")
        return is_ready(self.port)

    def _get(self, path: str):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as response:
            return json.load(response)


def is_credo() -> bool:
    """Whether the mediator under test is Credo's, to see what is Credo's doing."""
    return os.environ.get("INTEROP_MEDIATOR") == "credo"


def is_ready(port: int) -> bool:
    """Whether who listens there, or somebody behind, takes work."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False
