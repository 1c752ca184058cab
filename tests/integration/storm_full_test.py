#!/usr/bin/python3
"""storm_test.py for longer, and what the module costs those who log in by ssh, two hundred in a burst."""

import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import storm_test  # noqa: E402
from idled_testing import cases  # noqa: E402
from idled_testing.books import Books, state_files  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import OUR_PAM_LINE  # noqa: E402
from idled_testing.ssh import options  # noqa: E402
from idled_testing.sshd import Sshd  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

ROUNDS, LOGINS, AT_ONCE = 10, 20, 8  # of each kind: two hundred logins
ALLOWED = 1.05


@case("for ten seconds", timeout=180)
def _(t):
    storm_test.assert_rate(storm_test.storm(t, 10))


def burst():
    """Seconds that so many logins by ssh take, several at once."""
    left = threading.Semaphore(LOGINS)

    def log_in():
        while left.acquire(blocking=False):
            subprocess.run(["ssh", *options(22), "-T", "-l", "carol", "127.0.0.1", "true"], check=True, capture_output=True,
                           stdin=subprocess.DEVNULL)

    callers = [threading.Thread(target=log_in) for _ in range(AT_ONCE)]
    began = time.monotonic()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return time.monotonic() - began


@case("a burst of two hundred logins by ssh is no more than 5 % slower than without the module", timeout=900)
def _(t):
    stack = Path("/etc/pam.d/sshd")
    without = "".join(line for line in stack.read_text().splitlines(True) if OUR_PAM_LINE not in line)
    took = {"with": [], "without": []}
    server = Sshd()
    before = Books(t.machine).text.count(">Opened session ")
    burst()  # what is read once has been, then
    for number in range(ROUNDS * 2):
        # ABBA: a machine that slows down or speeds up does so for both.
        kind = "with" if number % 4 in (0, 3) else "without"
        stack.write_text(f"{without}\n{OUR_PAM_LINE}\n" if kind == "with" else without)
        took[kind].append(burst())
    ratio = statistics.median(took["with"]) / statistics.median(took["without"])
    print(f"    | with {sorted(round(s, 2) for s in took['with'])}\n"
          f"    | without {sorted(round(s, 2) for s in took['without'])}\n    | ratio of the medians {ratio:.3f}")
    wait_until(lambda: not state_files(), "the last to be forgotten")
    opened = Books(t.machine).text.count(">Opened session ") - before
    assert opened == (ROUNDS + 1) * LOGINS, f"{opened} were registered"
    assert ratio <= ALLOWED, f"{(ratio - 1) * 100:.1f} % slower"
    assert not server.process.ended()


if __name__ == "__main__":
    sys.exit(cases.main(storm_test.prepare, at_once=1, argv=sys.argv[1:] or ["for ten*", "a burst*"]))
