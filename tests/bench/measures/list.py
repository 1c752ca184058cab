"""`idlectl list` of 3,000 logins: how long it takes, and how long the daemon does nothing else."""

import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import Caller, Crowd, Measured, Row, main, machine, median_row, say, timed  # noqa: E402

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
    crowd.close()
    made.daemon.stop()
    return Measured([
        median_row(f"`idlectl list`, {many:,} logins", alone, "ms", reach=100, how="from start to exit"),
        median_row(f"`idlectl list`, {few:,} logins", ours, "ms", beside={"w": statistics.median(theirs)},
                   how="w(1) in turn with it, on the same logins; its time grows with their square"),
        median_row("longest that a list holds the loop", held, "ms", reach=5,
                   how="the slowest answer to another client's Status in the time of one list, without the time in "
                       "which the processors were others'"),
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


if __name__ == "__main__":
    main(measure)
