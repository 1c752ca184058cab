"""People who log in, type a last key at a random phase of the kernel's eight seconds, and forget their login."""

import concurrent.futures
import contextlib
import random
import time

from support import wait_until

LIMIT = 12          # seconds; of all whose lateness is compared
BLOCK = 8           # seconds in which the kernel shows one key as another: linux/tty_io.c, tty_update_time
RNG = random.Random(1)


def people(ways: list[tuple]) -> list[list[float]]:
    """For each way in, of so many logins, so many at a time: how late they were ended."""
    with contextlib.ExitStack() as stack:
        running = []
        for way, count, at_once in ways:
            pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(at_once))
            running.append([pool.submit(forget, way) for _ in range(count)])
        return [[one.result() for one in all_of_a_way] for all_of_a_way in running]


def forget(log_in) -> float:
    """How long after the limit the login was ended."""
    login = log_in()
    time.sleep(RNG.uniform(0, BLOCK))
    key = login.type("\n")
    wait_until(lambda: login.ended_at is not None, f"{login.name}, who typed at {key:.1f}, to be ended",
               timeout=LIMIT + BLOCK + 10)
    return login.ended_at - key - LIMIT
