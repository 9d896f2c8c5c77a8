"""One redis-server that is a cluster by itself, as the queue plug-in of ACA-Py wants it."""

import time
from pathlib import Path

import redis

from .child import Child
from .places import free_port


class RedisServer:
    """Started when made; `stop` ends it."""

    def __init__(self, home: Path):
        home.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        options = ["--bind", "127.0.0.1", "--port", self.port, "--dir", home, "--save", "", "--cluster-enabled", "yes"]
        options += ["--cluster-port", free_port()]
        self.child = Child(["redis-server", *options], home / "redis.log")
        self.url = f"redis://127.0.0.1:{self.port}"
        self.client = redis.Redis(port=self.port)
        self._until_it_is_a_cluster()

    def _until_it_is_a_cluster(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                if self.client.execute_command("CLUSTER INFO")["cluster_state"] == "ok":
                    return
                self.client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)
            except redis.RedisError:
                pass
            assert time.monotonic() < deadline, "redis-server does not start"
            time.sleep(0.05)

    def stop(self) -> None:
        self.child.kill()
