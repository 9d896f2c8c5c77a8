"""An ACA-Py agent process with its admin API and its controller."""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path

from .child import Child
from .credo import summary
from .places import ACAPY, free_port
from .waiting import eventually
from .webhooks import Webhooks
from .wire_tap import WireTap

# A raw store key spares the key derivation.
STORE_KEY = "3Hx4MWxVYvA3WPb9pZSrPWvpvhDSaK3VVBvH4dLD4hcM"


class AcapyAgent:
    """`endpoint` is "http" or "ws": the scheme of the one endpoint in the agent's DID documents.

    `admin_key` is wanted of whoever calls its admin API."""

    def __init__(
        self,
        directory: Path,
        name: str,
        endpoint: str = "http",
        mediator_invitation: str | None = None,
        admin_key: str | None = None,
    ):
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.endpoint = endpoint
        self.mediator_invitation = mediator_invitation
        self.inbound_port = free_port()
        self.admin_port = free_port()
        self.webhooks = Webhooks()
        self.tap = WireTap(self.inbound_port)
        self.admin_key = admin_key
        # Where others reach it, where it reaches its controller, and where its controller reaches it.
        self.endpoint_url = f"{endpoint}://127.0.0.1:{self.tap.port}"
        self.webhook_url = self.webhooks.url
        self.admin_url = f"http://127.0.0.1:{self.admin_port}"
        self.child: Child | None = None

    # Life and death

    def start(self) -> "AcapyAgent":
        """Starts the process; with a mediator invitation, waits until it says that it was granted."""
        env = dict(os.environ) | {"HOME": str(self.directory)}
        self.child = Child(self._command(), self.directory / f"{self.name}.log", env=env)
        eventually(self._ready, 180, lambda: f"{self.name} to be ready, see {self.child.log}", every=0.2)
        return self

    def stop(self) -> None:
        self.child.terminate()

    def kill(self) -> None:
        self.child.kill()

    def close(self) -> None:
        if self.child:
            self.child.kill()
        self.webhooks.close()
        self.tap.close()

    # The admin API

    def get(self, path: str):
        return self._request("GET", path)

    def post(self, path: str, body: dict | None = None, headers: dict | None = None):
        return self._request("POST", path, body or {}, headers)

    def mediation(self) -> dict:
        """The record of the mediation that was asked of the mediator."""
        return self.get("/mediation/requests")["results"][0]

    def await_grant(self, seconds: float = 30) -> dict:
        def granted():
            records = self.get("/mediation/requests")["results"]
            return [record for record in records if record["state"] == "granted"]

        return eventually(granted, seconds, f"{self.name} to be granted mediation", every=0.2)[0]

    def invite(self) -> dict:
        body = {"handshake_protocols": ["https://didcomm.org/didexchange/1.1"], "use_public_did": False}
        return self.post("/out-of-band/create-invitation?auto_accept=true", body)

    def accept(self, invitation: dict) -> str:
        """Accepts an invitation and waits until connected; the connection id."""
        path = "/out-of-band/receive-invitation?auto_accept=true&use_existing_connection=false"
        return self.await_connection(self.post(path, invitation)["connection_id"])

    def await_connection(self, connection: str, seconds: float = 30) -> str:
        def complete():
            return self.get(f"/connections/{connection}")["rfc23_state"] == "completed"

        eventually(complete, seconds, f"{self.name} to be connected", every=0.2)
        return connection

    def connections(self, invitation: dict) -> list[dict]:
        """The connections that came of an invitation of its own."""
        message_id = invitation["invi_msg_id"]
        return self.get(f"/connections?invitation_msg_id={message_id}")["results"]

    def await_completed(self, invitation: dict, seconds: float = 30) -> None:
        """Waits until the connection that came of an invitation of its own is complete."""

        def completed():
            return any(record["rfc23_state"] == "completed" for record in self.connections(invitation))

        eventually(completed, seconds, f"{self.name} to be connected", every=0.2)

    def send(self, connection: str, text: str) -> None:
        self.post(f"/connections/{connection}/send-message", {"content": text})

    # What it saw

    def texts(self) -> list[str]:
        """The basic messages in the order in which the controller was told of them."""
        return [body["content"] for body in self.webhooks.of("basicmessages") if body["state"] == "received"]

    def wait_for_texts(self, wanted: list[str], seconds: float) -> None:
        missing = lambda: [text for text in wanted if text not in set(self.texts())]
        eventually(lambda: not missing(), seconds, lambda: f"{self.name} to get {summary(missing())}")

    def _command(self) -> list:
        command = [
            ACAPY, "start", "--label", self.name, "--no-ledger", "--auto-provision",
            "--endpoint", self.endpoint_url,
            "--inbound-transport", self.endpoint, "127.0.0.1", self.inbound_port,
            "--outbound-transport", "http", "--outbound-transport", "ws",
            "--admin", "127.0.0.1", self.admin_port,
            "--webhook-url", self.webhook_url,
            "--wallet-type", "askar", "--wallet-name", self.name,
            "--wallet-key", STORE_KEY, "--wallet-key-derivation-method", "RAW",
            "--auto-accept-invites", "--auto-accept-requests", "--log-level", "info",
        ]
        command += ["--admin-api-key", self.admin_key] if self.admin_key else ["--admin-insecure-mode"]
        if self.mediator_invitation:
            command += ["--mediator-invitation", self.mediator_invitation]
        return command

    def _ready(self) -> bool:
        if not self.child.is_running():
            raise AssertionError(f"{self.name} ended at once:\n{self.child.log.read_text()[-2000:]}")
        try:
            return self.get("/status/ready")["ready"]
        except (urllib.error.URLError, OSError):
            return False

    def _request(self, method: str, path: str, body: dict | None = None, more: dict | None = None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | (more or {})
        if self.admin_key:
            headers["X-API-Key"] = self.admin_key
        request = urllib.request.Request(f"{self.admin_url}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)
