"""A child process with its output in a log file, ended by its own process id and nothing broader."""

import subprocess
from pathlib import Path


class Child:
    """A running program. Its standard error, and output unless piped, is appended to `log`."""

    def __init__(self, command: list, log: Path, env: dict | None = None, pipe: bool = False):
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.PIPE if pipe else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else out,
                stderr=out,
                env=env,
                text=pipe,
            )

    def is_running(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL: the program gets no chance to tidy up."""
        if self.is_running():
            self.process.kill()
        self.process.wait(10)

    def terminate(self, seconds: float = 15) -> int:
        """SIGTERM, then SIGKILL when the program has not ended after `seconds`; its exit code."""
        if self.is_running():
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.process.returncode
