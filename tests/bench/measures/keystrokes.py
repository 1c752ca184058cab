"""What it costs that people type: nothing."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import Crowd, Measured, Row, Used, main, machine, say  # noqa: E402

SEARCHES = 11  # seconds after an arrival in which the daemon may look for others
POLICY = {"defaults": {"idle": "5m", "warn": ["60s"], "mode": "report"}}


def measure(quick: bool) -> Measured:
    count, rounds = (300, 10) if quick else (1000, 60)
    made = machine(POLICY)
    crowd = Crowd()
    assert crowd.open(count)["taken"] == count
    time.sleep(SEARCHES)
    crowd.type()  # the first look that the daemon wants at a login is not for its keys
    before = Used.by(made.daemon.pid)
    began = time.monotonic()
    for _ in range(rounds):
        crowd.type()
        time.sleep(0.5)
    used = Used.by(made.daemon.pid) - before
    seconds = time.monotonic() - began
    say(f"{count * rounds} keys in {seconds:.1f} s: {used}")
    idle = made.sessions()
    assert len(idle) == count and all(session["idle_seconds"] <= 10 for session in idle), "keys have not been seen"
    crowd.close()
    made.daemon.stop()
    return Measured([Row(
        f"wake-ups, {count:,} logins typing", used.wakeups, f"for {count * rounds:,} keys", 0, bound=0,
        how=f"voluntary context switches of the daemon in {seconds:.0f} s, in which each login typed {rounds} keys")])


if __name__ == "__main__":
    main(measure)
