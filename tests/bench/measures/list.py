"""What takes the daemon long where 3,000 are logged in, and how long it does nothing else meanwhile: `idlectl list`, and
the search for logins that nobody announced."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import Caller, Crowd, Measured, main, machine, median_row, say, timed, used_while  # noqa: E402

SEARCHED = 10  # seconds after a terminal was made, in which the search begins and ends
POLICY = {"defaults": {"idle": "10m", "warn": [], "mode": "report"}}


def measure(quick: bool) -> Measured:
    few, many, rounds = (100, 300, 3) if quick else (300, 3000, 11)
    made = machine(POLICY)
    crowd = Crowd()
    assert crowd.open(few)["taken"] == few
    ours, theirs = in_turn(3, few)
    assert crowd.open(many - few)["taken"] == many
    alone = [timed(["idlectl", "list"]) * 1e3 for _ in range(rounds)]
    assert len(made.idlectl("list").stdout.splitlines()) >= many
    held = longest_hold(made.daemon.pid, rounds)
    searches = [search(made.daemon.pid) for _ in range(1 if quick else 3)]
    processes = sum(name.isdigit() for name in os.listdir("/proc"))
    crowd.close()
    made.daemon.stop()
    return Measured([
        median_row(f"`idlectl list`, {many:,} logins", alone, "ms", reach=100, how="from start to exit"),
        median_row(f"`idlectl list`, {few:,} logins", ours, "ms", beside={"w": statistics.median(theirs)},
                   how="w(1) in turn with it, on the same logins; its time grows with their square"),
        median_row("longest that a list holds the loop", held, "ms", reach=5,
                   how="the slowest answer to another client's Status in the time of one list, without the time in "
                       "which the processors were others'"),
        median_row(f"processor time of a search, {many:,} logins", [cpu for cpu, _ in searches], "ms",
                   how=f"for logins that nobody announced, among {processes:,} processes, after a terminal was made: "
                       "two seconds later, however many were"),
        median_row("longest that a search holds the loop", [held for _, held in searches], "ms", reach=5,
                   how="as with a list"),
    ])


def in_turn(rounds: int, count: int) -> tuple[list[float], list[float]]:
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(timed(["idlectl", "list"]) * 1e3)
        theirs.append(timed(["w"]) * 1e3)
        say(f"{count} logins: {ours[-1]:.0f} ms, w {theirs[-1]:.0f} ms")
    return ours, theirs


def longest_hold(daemon: int, rounds: int) -> list[float]:
    """Of each round, milliseconds."""
    caller = Caller(daemon)
    held = []
    for _ in range(rounds):
        listing = subprocess.Popen(["idlectl", "list"], stdout=subprocess.DEVNULL)
        latencies = []
        while listing.poll() is None:
            latencies.append(caller.latency("Status") * 1e3)
        held.append(max(latencies))
        say(f"{len(latencies)} calls meanwhile, the slowest {held[-1]:.2f} ms")
    return held


def search(daemon: int) -> tuple[float, float]:
    """Milliseconds: those of the processor in one search, and the slowest call in the time of another."""
    masters = [os.openpty()]
    cpu = used_while({"idled": daemon}, SEARCHED)["idled"].cpu
    masters.append(os.openpty())
    caller, began, latencies = Caller(daemon), time.monotonic(), []
    while time.monotonic() < began + SEARCHED:
        latency = caller.latency("Status") * 1e3
        if time.monotonic() > began + 1:  # the first finds all of it asleep, and the search has not begun
            latencies.append(latency)
    for fds in masters:
        for fd in fds:
            os.close(fd)
    time.sleep(SEARCHED)  # that which their end brings
    say(f"a search: {cpu * 1e3:.1f} ms, the slowest of {len(latencies)} calls {max(latencies):.2f} ms")
    return cpu * 1e3, max(latencies)


if __name__ == "__main__":
    main(measure)
