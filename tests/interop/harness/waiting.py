"""Waiting for something to become true, with a deadline."""

import time


def eventually(condition, seconds: float, what: str, every: float = 0.05):
    """Returns the first true value of `condition()`; fails after `seconds`, saying `what` was awaited."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still waiting for {what() if callable(what) else what}")
        time.sleep(every)
