"""Two mediators behind HAProxy over one engine, in the place of a single one."""

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


class Fleet:
    """Used like a `Mediator`. A kill hits one instance, each in its turn; a start brings back whatever is dead."""

    def __init__(self, directory: Path, engine: str, public_port: int | None = None, instances: int = 2):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.engine = Server(engine)
        self.instances = [
            Mediator(directory / f"instance-{number}", public_port, shared=self._shared()) for number in range(instances)
        ]
        self.balancer = Server("haproxy", *(f"127.0.0.1:{instance.port}" for instance in self.instances))
        self.port = int(self.balancer.place.rpartition(":")[2])
        for instance in self.instances:
            instance.public_port = public_port or self.port
        self._next_to_die = 0

    def start(self) -> "Fleet":
        for instance in self.instances:
            if not instance.is_running():
                instance.start()
        return self

    def kill(self) -> None:
        """kill -9 of one of them."""
        self.instances[self._next_to_die % len(self.instances)].kill()
        self._next_to_die += 1

    def restart_after_kill(self) -> None:
        self.kill()
        self.start()

    def stop(self) -> None:
        for instance in self.instances:
            instance.stop()
        self.balancer.close()
        self.engine.close()

    def invitation_url(self) -> str:
        return self.instances[0].invitation_url()

    def _shared(self) -> list:
        secret = self.directory / "root-secret"
        if not secret.exists():
            secret.write_text(os.urandom(32).hex())
            secret.chmod(0o600)
        return ["--store", self.engine.place, "--root-secret-file", secret]
