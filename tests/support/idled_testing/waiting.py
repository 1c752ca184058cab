"""Waiting for conditions. Every wait has a deadline, and says in words what did not happen."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

BLOCK = 8  # seconds of the wall clock to which the kernel keeps a terminal's times

now = time.monotonic
_run_started = now()


class TookTooLong(AssertionError):
    """A condition did not come true before its deadline."""


def shown(moment: float) -> str:
    """A moment as seconds since the test run began: what logs and evidence are stamped with."""
    return f"{moment - _run_started:8.3f} s"


def wait_until(condition: Callable[[], T], what: str, timeout: float = 10.0, every: float = 0.02) -> T:
    """Calls `condition` until it returns something true, which is returned."""
    deadline = now() + timeout
    while True:
        if result := condition():
            return result
        if now() >= deadline:
            raise TookTooLong(f"waited {timeout:g} s for {what}")
        time.sleep(every)


def next_block_phase(phase: float, after: float = 0.0) -> float:
    """When, `after` seconds from now or later, the wall clock will be `phase` seconds into one of those blocks."""
    return now() + after + (phase - time.time() - after) % BLOCK


def until_block_phase(phase: float) -> None:
    until(next_block_phase(phase))


def until(moment: float) -> None:
    """Waits until that moment of time.monotonic()."""
    time.sleep(max(0.0, moment - now()))
