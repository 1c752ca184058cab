"""How many system calls the daemon makes: of its costs, those that are the same on every machine."""

import re
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import Crowd, Measured, Row, main, machine, say  # noqa: E402
from idled_testing.process import Process  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

LIMIT, BLOCK = 9, 8   # seconds; the second as in lateness.py
DEFAULTS = {"idle": f"{LIMIT}s", "warn": ["4s"]}
LOGINS = 100


def measure(quick: bool) -> Measured:
    del quick
    if not shutil.which("strace"):
        say("there is no strace here: tools/packages bench")
        return Measured()
    made = machine({"defaults": DEFAULTS | {"mode": "report"}})
    crowd = crowd_of(LOGINS)
    limit = counted(made.daemon.pid, lambda: time.sleep(LIMIT + BLOCK + 1))
    # What a list of nobody takes is no login's.
    listed = counted(made.daemon.pid, lambda: made.idlectl("list"))
    crowd.close()
    wait_until(lambda: not made.sessions(), "the logins to be gone")
    empty = counted(made.daemon.pid, lambda: made.idlectl("list"))
    made.daemon.stop()

    made.start_daemon({"defaults": DEFAULTS})
    crowd = crowd_of(LOGINS)
    ended = counted(made.daemon.pid, lambda: wait_until(lambda: crowd.still_in() == 0, "all to be ended",
                                                        timeout=LIMIT + 2 * BLOCK))
    crowd.close()
    made.daemon.stop()

    Path("/etc/pam.d/nothing").write_text("session optional pam_permit.so\n")
    made.start_daemon({"defaults": DEFAULTS | {"idle": "10m"}})
    crowd = Crowd(service="nothing")

    def come_and_be_found():
        crowd.open(LOGINS)
        log = made.daemon_logs()[-1]  # to ask for a list would be counted, too
        wait_until(lambda: log.read_text().count("Found session") == LOGINS, "all to be found", timeout=60)

    found = counted(made.daemon.pid, come_and_be_found)
    crowd.close()
    made.daemon.stop()
    return Measured([
        Row("system calls for a login and limit", limit / LOGINS, "", bound=130,
            how=f"strace -c; {LOGINS} logins that nobody uses, with one warning each, in mode report"),
        Row("system calls for a login, limit and logout", ended / LOGINS, "", bound=260,
            how="so, where they are logged out: with the last look, the hangup, and what the login says at its end"),
        Row("system calls to find a login that nobody announced", found / LOGINS, "", bound=110,
            how="so, with the search and the first look"),
        Row("system calls for a login in a list", (listed - empty) / LOGINS, "", bound=20, how="strace -c"),
    ])


def crowd_of(count: int) -> Crowd:
    crowd = Crowd()
    # On a machine that is slow and busy some are not announced in time, and found.
    assert crowd.open(count)["taken"] >= 0.9 * count
    return crowd


def counted(pid: int, what) -> int:
    table = Path("/run/strace")
    tracer = Process(["strace", "-f", "-c", "-o", str(table), "-p", str(pid)], name="strace")
    tracer.errors.wait_for(f"Process {pid} attached", timeout=10)
    what()
    tracer.signal(2)
    tracer.wait()
    total = re.search(r"^100\.00\s.*?(\d+)(?:\s+\d+)? total$", table.read_text(), re.MULTILINE)
    say(f"{total[1]} calls")
    return int(total[1])


if __name__ == "__main__":
    main(measure)
