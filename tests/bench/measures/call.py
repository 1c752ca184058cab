"""How long a login waits for pam_idled: its call alone.

libpam itself takes a while for a session, be it that it writes to the audit: what it takes for a stack of pam_permit
is not of the call.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import SERVICE, Crowd, Measured, main, machine, median_row, storm, storm_command  # noqa: E402

POLICY = {"defaults": {"idle": "10m", "warn": [], "mode": "report"}}
REGISTERED = 1000
ROUNDS = 7
NOTHING = "nothing"


def measure(quick: bool) -> Measured:
    del quick
    made = machine(POLICY)
    crowd = Crowd()
    assert crowd.open(REGISTERED)["taken"] == REGISTERED
    Path("/etc/pam.d", NOTHING).write_text("session optional pam_permit.so\n")
    alone, empty = [], []
    for _ in range(ROUNDS):
        alone.append(storm(SERVICE, callers=1, rate=100, seconds=3))
        empty.append(storm(NOTHING, callers=1, rate=100, seconds=3))
    beside = [beside_a_storm() for _ in range(ROUNDS)]
    crowd.close()
    made.daemon.stop()
    registered = f"{REGISTERED:,} logins registered"
    return Measured([
        median_row(f"pam_idled in pam_open_session, {registered}: median",
                   [ours["median_ms"] - none["median_ms"] for ours, none in zip(alone, empty)], "ms", reach=0.5,
                   how="100 logins a second, a process each, of a stack that has nothing else; less what the same takes, "
                       f"in turn, with pam_permit in its place, {statistics.median(each['median_ms'] for each in empty):.2f} ms"),
        median_row(f"pam_open_session, {registered}: 99 of 100", [each["p99_ms"] for each in alone], "ms", reach=2,
                   how="all of it, libpam's part, too"),
        median_row("the same beside a storm: median", [each["median_ms"] for each in beside], "ms", reach=5,
                   how="that while 16 other callers open 500 sessions a second"),
        median_row("the same beside a storm: 99 of 100", [each["p99_ms"] for each in beside], "ms", reach=5),
    ])


def beside_a_storm() -> dict:
    noise = subprocess.Popen(storm_command(SERVICE, callers=16, rate=500, seconds=6, user="bob"),
                             stdout=subprocess.PIPE, text=True)
    seen = storm(SERVICE, callers=1, rate=50, seconds=4)
    told = json.loads(noise.communicate()[0])
    assert noise.returncode == 0 and told["taken"] == told["opened"], told
    return seen


if __name__ == "__main__":
    main(measure)
