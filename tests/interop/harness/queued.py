"""An ACA-Py agent that strangers and its controller reach through Redis alone."""

import os
import sys
import urllib.request
from pathlib import Path

from .acapy import AcapyAgent
from .child import Child
from .places import PROJECT, free_port, restante_binary
from .waiting import eventually

PARTITIONS = 2


class QueuedAgent(AcapyAgent):
    """Unmodified and without the queue plug-in. `restante relay --deliver` takes its envelopes and its webhooks and passes admin calls
    on; the consumer in `examples/` brings it what came. The deployment's topic prefix is the agent's name."""

    def __init__(self, directory: Path, name: str, redis_url: str):
        super().__init__(directory, name, admin_key=f"the-key-of-{name}")
        self.redis_url = redis_url
        self.port, self.private_port = free_port(), free_port()
        self.direct_admin_url = self.admin_url
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        self.webhook_url = f"http://127.0.0.1:{self.private_port}"
        self.admin_url = f"http://127.0.0.1:{self.private_port}/admin"
        self.relay: Child | None = None
        self.consumer: Child | None = None

    def start(self) -> "QueuedAgent":
        self.start_relay()
        program = PROJECT / "examples" / "consumer-python" / "post_to_agent.py"
        command = [sys.executable, program, self.redis_url, f"http://127.0.0.1:{self.inbound_port}", PARTITIONS, self.name]
        self.consumer = Child(command, self.directory / f"{self.name}-consumer.log")
        return super().start()

    def start_relay(self) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("RESTANTE_")}
        env |= {"RESTANTE_RELAY__KEYS_ADMIN_KEY": self.admin_key, "RESTANTE_LOG": "debug"}
        self.relay = Child(self._relay_command(), self.directory / f"{self.name}-relay.log", env)
        eventually(self._relay_listens, 30, lambda: f"the relay of {self.name}, see {self.relay.log}")

    def restart_relay_after_kill(self) -> None:
        self.relay.kill()
        self.start_relay()

    def close(self) -> None:
        for child in (self.relay, self.consumer):
            if child:
                child.kill()
        super().close()

    def _relay_command(self) -> list:
        settings = {
            "acapy.topic_prefix": self.name,
            "relay.streams": PARTITIONS,
            "relay.private_listen": f"127.0.0.1:{self.private_port}",
            "relay.admin": "true",
            "relay.keys_admin": self.direct_admin_url,
            "deliverer.admin_url": self.direct_admin_url,
            "deliverer.controllers": self.webhooks.url,
        }
        said = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        listen = ["--listen", f"127.0.0.1:{self.port}", "--store", self.redis_url]
        return [restante_binary(), "relay", "--deliver", *listen, *said]

    def _relay_listens(self) -> bool:
        if not self.relay.is_running():
            raise AssertionError(f"the relay ended at once:\n{self.relay.log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5):
                return True
        except OSError:
            return False
