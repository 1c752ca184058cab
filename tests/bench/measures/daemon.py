"""What the daemon costs while people are idle: processor, wake-ups, memory."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import Crowd, Measured, Row, Used, main, machine, resident, say, start_autolog, used_while  # noqa: E402

LIMIT = 300
WARNINGS = 1
# From the last key until all has been done that a limit brings: the look at the warning, the one at the end, in mode
# report its record.
PERIOD = LIMIT + 15
POLICY = {"defaults": {"idle": f"{LIMIT}s", "warn": ["60s"], "mode": "report"}}
QUICK = {"defaults": {"idle": "12s", "warn": ["5s"], "mode": "report"}}


def measure(quick: bool) -> Measured:
    if quick:
        return measured_quickly()
    measured = Measured()
    costs = {count: costs_of(count, POLICY, PERIOD) for count in (100, 1000, 3000)}
    for count, (cpu, others, wakeups, _) in costs.items():
        measured.rows.append(Row(
            f"CPU, {count:,} idle logins", cpu, "% of one core", 0.02 if count == 1000 else None, others,
            how=f"time on a processor (schedstat) from the last of the logins on, over {PERIOD} s: a whole limit of "
                f"{LIMIT} s with its warning, in mode report; autolog beside it, on the same logins and with the same "
                "limit, in the mode in which it ends nobody"))
        measured.rows.append(Row(
            f"wake-ups a login and limit, {count:,} idle logins", wakeups / count, "", 1 + WARNINGS,
            how="voluntary context switches of the daemon in that time"))
        if others.get("autolog"):
            measured.rows.append(Row(
                f"CPU beside autolog's, {count:,} idle logins", cpu / others["autolog"], "of autolog's", 1 / 20))
    measured.rows.append(Row(
        "growth of CPU from 100 to 3,000 logins", costs[3000][0] / costs[100][0], "times", 30,
        how="the quotient of the two; in proportion is 30"))
    memory = {count: cost[3] for count, cost in costs.items()}
    measured.rows += memory_rows(memory[100], memory[3000], 2900)
    measured.rows.append(alone(60))
    return measured


def memory_rows(few: int, many: int, more: int) -> list[Row]:
    how = "proportional set size (smaps_rollup), at the end of that time"
    return [Row("memory, 100 logins", few / 1e6, "MB", 8, how=how),
            Row("memory a login beyond", (many - few) / more, "bytes", 1500, how=how)]


def costs_of(count: int, policy: dict, seconds: float) -> tuple[float, dict[str, float], int, int]:
    """Percent of one core, that of others, wake-ups, bytes."""
    made = machine(policy)
    autolog = start_autolog()
    crowd = Crowd()
    opened = crowd.open(count)
    say(f"{count} logins: {opened}")
    assert opened["taken"] == count, opened
    pids = {"idled": made.daemon.pid} | ({"autolog": autolog.pid} if autolog else {})
    used = used_while(pids, seconds)
    memory = resident(made.daemon.pid)
    say(f"{count} logins: {used}, {memory} bytes")
    assert made.idlectl("status").status == 0
    crowd.close()
    if autolog:
        autolog.close()
    made.daemon.stop()
    percent = {name: each.cpu / seconds * 100 for name, each in used.items()}
    wakeups = used["idled"].wakeups
    return percent.pop("idled"), percent, wakeups, memory


def alone(seconds: float, *, bound: float | None = None) -> Row:
    made = machine(POLICY)
    Used.by(made.daemon.pid)
    used = used_while({"starting": made.daemon.pid}, 5)  # what comes after a start
    used = used_while({"idled": made.daemon.pid}, seconds)["idled"]
    made.daemon.stop()
    return Row("wake-ups with nobody logged in", used.wakeups, f"in {seconds:.0f} s", 0, bound=bound,
               how="voluntary context switches of the daemon, five seconds after its start, without a watchdog")


def measured_quickly() -> Measured:
    count = 300
    _, _, wakeups, memory = costs_of(count, QUICK, 15)
    return Measured([Row(f"wake-ups a login and limit, {count} idle logins", wakeups / count, "", bound=1 + WARNINGS),
                     Row(f"memory, {count} logins", memory / 1e6, "MB", bound=8), alone(10, bound=0)])


if __name__ == "__main__":
    main(measure)
