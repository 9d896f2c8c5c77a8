"""Docks in front, mediators behind, in the place of a single mediator.

`dock`: one dock before one mediator. `docks`: two before one. `docks-and-mediators`: two before two, which share an engine and whose doors
are behind a load balancer. `native`: two docks and two cores with nothing between them but the engine.
"""

from itertools import chain, zip_longest
from pathlib import Path

from .fleet import Server, Several, port_of, share
from .mediator import Mediator, is_ready
from .places import free_port, restante_binary
from .waiting import eventually

TOPOLOGIES = {"dock": (1, 1), "docks": (2, 1), "docks-and-mediators": (2, 2), "native": (2, 2)}

DEFAULTS = """
global
    maxconn 4000
    tune.rcvbuf.server 16384
    tune.sndbuf.client 16384
defaults
    mode http
    option forwardfor
    option redispatch 1
    option httpchk GET /health/ready
    default-server inter 200ms fall 1 rise 1
    timeout connect 2s
    timeout client 75s
    timeout server 75s
    timeout tunnel 1h
    errorfile 502 /dev/null
    errorfile 503 /dev/null
    errorfile 504 /dev/null
"""

# A callback may be repeated at another mediator, whatever became of it at the first.
DOORS = """
listen doors
    bind {listen}
    retries 3
    retry-on conn-failure empty-response response-timeout 502 503
"""

FRONT = """
frontend agents
    bind {{listen}}
    use_backend docks if {condition}
    default_backend mediators
"""


class Dock(Mediator):
    """Holds sockets for somebody else: a process like a mediator, without an invitation."""

    def _command(self) -> list:
        ports = ["--listen", f"127.0.0.1:{self.port}", "--admin-listen", f"127.0.0.1:{self.admin_port}"]
        return [restante_binary(), "dock", *ports, *self.store]


class Harbour(Several):
    """The mediators and docks of a topology, which are killed by turns."""

    swallows = True

    def __init__(self, directory: Path, topology: str, engine: str | None, public_port: int):
        directory.mkdir(parents=True, exist_ok=True)
        docks, mediators = TOPOLOGIES[topology]
        store = Server(engine or "redis") if engine or mediators > 1 else None
        shared = share(store, directory) if store else ["--data", directory / "data"]
        lay = self._native if topology == "native" else self._by_callbacks
        held, working, servers = lay(directory, docks, mediators, shared)
        condition = "{ hdr(Upgrade) -i websocket }" + (" or { method POST }" if topology == "native" else "")
        front = DEFAULTS + FRONT.format(condition=condition) + pool("docks", held) + pool("mediators", working)
        servers = [haproxy(directory / "front.cfg", front), *servers]
        by_turns = [part for part in chain(*zip_longest(working, held)) if part]
        super().__init__(by_turns, servers + ([store] if store else []), port_of(servers[0]), public_port)

    def start(self) -> "Harbour":
        super().start()
        # HAProxy may not have seen yet that the only mediator is back.
        eventually(lambda: is_ready(self.port), 20, "a mediator behind the load balancer")
        return self

    def _native(self, directory: Path, docks: int, mediators: int, shared: list):
        held = [Dock(directory / f"dock-{number}", shared=shared[:2]) for number in range(docks)]
        core = ["--core", *shared]
        return held, [Mediator(directory / f"core-{number}", shared=core) for number in range(mediators)], []

    def _by_callbacks(self, directory: Path, docks: int, mediators: int, shared: list):
        doors = [free_port() for _ in range(mediators)]
        text = DEFAULTS + DOORS + "".join(server(door) for door in doors)
        balancer = haproxy(directory / "doors.cfg", text)
        held = [Dock(directory / f"dock-{number}", shared=backend(port_of(balancer))) for number in range(docks)]
        trusted = ",".join(f"http://127.0.0.1:{dock.port}" for dock in held)
        working = [
            Mediator(
                directory / f"mediator-{number}",
                shared=[*shared, "--docks-listen", f"127.0.0.1:{door}", "--docks-trusted", trusted],
            )
            for number, door in enumerate(doors)
        ]
        return held, working, [balancer]


def backend(door: int) -> list:
    """What a dock is told of those who stand behind it."""
    uris = [[f"--{what}-uri", f"http://127.0.0.1:{door}/dock/{what}"] for what in ("connect", "message", "disconnect")]
    return ["--backend", "http", *chain(*uris)]


def pool(name: str, parts: list[Mediator]) -> str:
    return f"backend {name}\n" + "".join(server(part.port) for part in parts)


def server(port: int) -> str:
    return f"    server restante-{port} 127.0.0.1:{port} check\n"


def haproxy(file: Path, text: str) -> Server:
    file.write_text(text)
    return Server("haproxy-with", file)
