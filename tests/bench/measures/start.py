"""How long the daemon takes to be ready where 3,000 people are logged in."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import Crowd, Measured, main, machine, median_row, say  # noqa: E402

STATE = Path("/run/idled/sessions")
POLICY = {"defaults": {"idle": "10m", "warn": [], "mode": "report"}}


def measure(quick: bool) -> Measured:
    count, rounds = (300, 2) if quick else (3000, 5)
    made = machine(POLICY)
    crowd = Crowd()
    assert crowd.open(count)["taken"] == count
    restarted, adopted = [], []
    for _ in range(rounds):
        restarted.append(started(made, count, forget=False) * 1e3)
        adopted.append(started(made, count, forget=True) * 1e3)
        say(f"ready after {restarted[-1]:.0f} ms, {adopted[-1]:.0f} ms")
    crowd.close()
    made.daemon.stop()
    return Measured([
        median_row(f"start with {count:,} logins, their state kept", restarted, "ms", reach=500,
                   how="from fork to READY=1, at a restart"),
        median_row(f"start with {count:,} logins to adopt", adopted, "ms", reach=500,
                   how="the same where the daemon's state is gone, and all are found in /proc"),
    ])


def started(made, count: int, *, forget: bool) -> float:
    assert made.daemon.stop() == 0
    if forget:
        for file in STATE.iterdir():
            file.unlink()
    daemon = made.start_daemon()
    known = len(made.sessions())
    assert known == count, f"{known} of {count} are known"
    return next(at for at, message in daemon.notify.messages if "READY=1" in message) - daemon.process.started_at


if __name__ == "__main__":
    main(measure)
