"""Several processes in the place of a single mediator: here, two mediators behind HAProxy over one engine."""

import os
import subprocess
from pathlib import Path

from .mediator import Mediator
from .places import PROJECT


class Server:
    """A server that `target/debug/servers` starts: it ends with its standard input."""

    def __init__(self, *words):
        target = Path(os.environ.get("CARGO_TARGET_DIR") or PROJECT / "target")
        program = target / "debug" / "servers"
        if not program.exists():
            raise FileNotFoundError("build it first: cargo build -p servers")
        command = [str(program), *map(str, words)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.place = self.process.stdout.readline().strip()
        if not self.place:
            raise AssertionError(f"{words[0]} did not start, see above")

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(30)


class Several:
    """Used like a `Mediator`. A kill hits one of the parts, each in its turn; a start brings back whatever is dead."""

    swallows = False
    is_behind_haproxy = True

    def __init__(self, parts: list[Mediator], servers: list[Server], port: int, public_port: int | None):
        self.parts, self.servers, self.port = parts, servers, port
        for part in parts:
            part.public_port = public_port or port
        self._next_to_die = 0

    def start(self):
        for part in self.parts:
            if not part.is_running():
                part.start()
        return self

    def kill(self) -> None:
        """kill -9 of one of them."""
        self.parts[self._next_to_die % len(self.parts)].kill()
        self._next_to_die += 1

    def restart_after_kill(self) -> None:
        self.kill()
        self.start()

    def stop(self) -> None:
        for part in self.parts:
            part.stop()
        for server in self.servers:
            server.close()

    def receipts_lost(self) -> int:
        return sum(part.receipts_lost() for part in self.parts)

    def invitation_url(self) -> str:
        return self.parts[0].invitation_url()


class Fleet(Several):
    """Two mediators that share what `engine` keeps."""

    def __init__(self, directory: Path, engine: str, public_port: int | None = None, instances: int = 2):
        directory.mkdir(parents=True, exist_ok=True)
        store = Server(engine)
        shared = share(store, directory)
        parts = [Mediator(directory / f"instance-{number}", shared=shared) for number in range(instances)]
        balancer = Server("haproxy", *(f"127.0.0.1:{part.port}" for part in parts))
        super().__init__(parts, [balancer, store], port_of(balancer), public_port)


def share(store: Server, directory: Path) -> list:
    """The arguments by which mediators share a store and a root secret."""
    secret = directory / "root-secret"
    secret.write_text(os.urandom(32).hex())
    secret.chmod(0o600)
    return ["--store", store.place, "--root-secret-file", secret]


def port_of(balancer: Server) -> int:
    return int(balancer.place.rpartition(":")[2])
