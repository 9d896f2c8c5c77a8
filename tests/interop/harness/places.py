"""Where things are, and free ports."""

import os
import socket
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
CREDO = PROJECT / "tests" / "interop" / "credo"
ACAPY = PROJECT / ".interop" / "acapy" / "bin" / "aca-py"


def restante_binary() -> Path:
    """The mediator under test: RESTANTE_BIN, else the newest of the release and debug builds."""
    named = os.environ.get("RESTANTE_BIN")
    if named:
        return Path(named)
    builds = [PROJECT / "target" / profile / "restante" for profile in ("release", "debug")]
    found = [build for build in builds if build.exists()]
    if not found:
        raise FileNotFoundError("build the mediator first (cargo build) or set RESTANTE_BIN")
    return max(found, key=lambda build: build.stat().st_mtime)


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
