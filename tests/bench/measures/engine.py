"""What the engine takes to decide, alone, through the day of a site of a thousand to a million people (working_day.h)."""

import math
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks import run  # noqa: E402
from support import BUILD, Measured, Row, main, median_row, say  # noqa: E402

ROUNDS = {1_000: 5, 10_000: 5, 100_000: 3, 1_000_000: 1}   # a day of a million takes minutes
BYTES_A_PERSON = 3_000   # in the engine and in the simulation
DAY = ("a simulated day: people come in the morning, type, pause, are warned, come back or are logged out and log in again, "
       "leave or forget to; nobody is ended early or late in it, or the measure fails")


def measure(quick: bool) -> Measured:
    days = {people: passed(people, 1 if quick else rounds) for people, rounds in ROUNDS.items()
            if fits(people) and (not quick or people == 1_000)}
    rows = counts(days[1_000][0])
    for people, rounds in days.items():
        rows += times(people, rounds)
    if not quick:
        rows.append(growth())
    return Measured(rows)


def fits(people: int) -> bool:
    memory = Path("/proc/meminfo").read_text()
    free = int(memory.partition("MemAvailable:")[2].split()[0]) * 1024
    if people * BYTES_A_PERSON < free / 2:
        return True
    say(f"{people:,} people are too many for this machine's memory")
    return False


def passed(people: int, rounds: int) -> list[dict]:
    days = run("engine_bench", f"^day/{people}/", rounds)[f"day/{people}"]
    day = days[0]
    say(f"{people:,} people: {day['logins']:,.0f} logins, {day['at_once']:,.0f} at once; {day['looks']:,.0f} looks, "
        f"{day['warnings']:,.0f} warnings, {day['cancelled']:,.0f} cancelled, {day['logouts']:,.0f} logouts")
    return days


def counts(day: dict) -> list[Row]:
    return [Row("steps of the engine for a look at a login", round(day["steps"] / day["looks"], 2), "", bound=3,
                how="all steps of " + DAY + "; its looks"),
            Row("allocations for a look at a login", round(day["allocations"], 2), "", bound=12,
                how="of all those steps, and not only of those that are told of a look")]


def times(people: int, rounds: list[dict]) -> list[Row]:
    first = people == 1_000
    return [
        median_row(f"a decision of the engine, {people:,} people", [day["look_ns"] for day in rounds], "ns", reach=1000,
                   how="a step of the engine that is told of a look: what it saw is taken in, decided on, and the next look "
                       "planned; the mean of the day, by the clock, and the reading of the clock in it" if first else ""),
        median_row(f"all that the engine does, by those looks, {people:,} people", [day["all_ns"] for day in rounds], "ns",
                   how="logins opened, timers, warnings, logouts, too" if first else ""),
        median_row(f"a day of {people:,} people", [day["real_time"] for day in rounds], "s", reach=60 if people == 100_000 else None,
                   how="all steps of the day" if first else ""),
    ]


def growth() -> Row:
    few, many = instructions(1_000), instructions(10_000)
    return Row("instructions for a look, 10,000 people by 1,000", many / few, "times", reach=math.log(10_000) / math.log(1_000),
               how="callgrind, of Engine::step: as O(log n) grows, and the same on every run; what the times grow by beyond that is "
                   "memory that is not in the processor's cache")


def instructions(people: int) -> float:
    """Of the engine's steps, for each look."""
    out = Path(f"/tmp/callgrind.{people}")
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--toggle-collect=idled::core::Engine::step(*",
               BUILD / "tests/bench/engine_bench", f"--benchmark_filter=^day/{people}/", "--benchmark_format=json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    total = int(out.read_text().rpartition("\ntotals:")[2].split()[0])
    looks = float(done.stdout.partition('"looks":')[2].partition(",")[0])
    say(f"{people:,} people: {total / looks:,.0f} instructions for a look")
    return total / looks


if __name__ == "__main__":
    main(measure)
