"""What the engine takes to decide, alone, over the day of a site: working_day.h."""

import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import Measured, Row, benchmarks, main, median_row, say  # noqa: E402

SIZES = [1_000, 10_000, 100_000, 1_000_000]
ROUNDS = {1_000: 5, 10_000: 5, 100_000: 3, 1_000_000: 1}
BYTES_A_PERSON = 6_000   # of the engine and the simulation

WHAT = ("all steps of the engine in a simulated day, whatever it was told of, by the looks at a login in it: people come in "
        "the morning, type, pause, are warned, come back or are logged out, log in again, leave or forget to")


def measure(quick: bool) -> Measured:
    days = {size: passed(size, 1 if quick else ROUNDS[size]) for size in (SIZES[:1] if quick else SIZES) if fits(size)}
    least = days[SIZES[0]][0]
    rows = [Row("steps of the engine for a decision", round(least["steps"] / least["looks"], 2), "", bound=STEPS, how="a count"),
            Row("allocations for a decision", round(least["allocations"], 2), "", bound=ALLOCATIONS, how="a count, the same day")]
    for size, rounds in days.items():
        say(f"{size:,}: {rounds[0]['looks']:,.0f} looks, {rounds[0]['logins']:,.0f} logins, {rounds[0]['logouts']:,.0f} logouts")
        rows.append(median_row(f"a decision of the engine, {size:,} people", [one["decision_ns"] for one in rounds], "ns",
                               reach=1000, how=WHAT if size == SIZES[0] else ""))
    return Measured(rows)
