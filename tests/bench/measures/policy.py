"""How long it takes to find out which of 1,000 rules apply to a login, where none does and all are looked at."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks import run  # noqa: E402
from support import Measured, main, median_row  # noqa: E402

KINDS = ["users", "user globs", "groups", "hosts", "users by day"]


def measure(quick: bool) -> Measured:
    rounds = run("policy_bench", rounds=1 if quick else 5)

    def times(name: str) -> list[float]:
        return [one["cpu_time"] for one in rounds[name]]   # in microseconds

    slowest = max(KINDS, key=lambda kind: min(times(f"resolve/{kind}/1000")))
    grown = [large / small for large, small in zip(times("resolve/mixed/5000"), times("resolve/mixed/1000"))]
    return Measured([
        median_row("policy resolution, 1,000 rules of the slowest kind", times(f"resolve/{slowest}/1000"), "us", reach=20,
                   how=f"processor time of Policy::resolve where all rules are about {slowest}; there are {', '.join(KINDS)}"),
        median_row("policy resolution, 1,000 rules, a fifth of each kind", times("resolve/mixed/1000"), "us", reach=20,
                   how="the same, with " + ", ".join(KINDS)),
        median_row("5,000 rules", grown, "times that", reach=6, how="the same with five times the rules: in proportion"),
        median_row("all that a login asks of a policy of 1,000 rules", times("login/1000"), "us",
                   how="its settings, the mildest, the shortest limit, the next change by time of day"),
    ])


if __name__ == "__main__":
    main(measure)
