#!/usr/bin/python3
"""Terminals that take no output while they are warned and ended: XOFF, a full buffer. Nobody else waits for them."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.books import Books, Holdings, state_files  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.rlogin import RloginHost  # noqa: E402
from idled_testing.waiting import now, until, wait_until  # noqa: E402

LIMIT = 6
POLICY = {"defaults": {"idle": f"{LIMIT}s", "warn": ["4s"]}}
FLOOD = "flood\n"  # the shell of rlogin.py fills its terminal


def blocked(t, how):
    """A login whose terminal takes nothing more; its key came before."""
    login = t.machine.rlogin.login(t.new_user())
    if how == "XOFF":
        login.type("\n")
        login.send("\x13")
    else:
        login.stop_reading()
        login.type(FLOOD)
    return login


for how in ("XOFF", "full"):
    @case(f"{how}: ended on time, without its warning, and the books say so")
    def _(t, how=how):
        login = blocked(t, how)
        # Its leader, which does not read, may be there for longer.
        wait_until(lambda: is_gone(login.shell_pid), "its shell to be gone", timeout=LIMIT + 14)
        lasted = now() - login.last_key_at
        assert LIMIT <= lasted <= LIMIT + 14, f"{lasted:.1f} s"
        assert not promise.WARNING.search(login.output.text), login.output.text
        wait_until(lambda: f"A terminal took no warning: session p{login.pid} " in Books(t.machine).text, "the record")
        login.read_on()
        assert login.ended(5)
        wait_until(lambda: Books(t.machine).of(login.pid).fates == 1, "its fate to be recorded")

    @case(f"{how}: takes output again in time, and is warned then")
    def _(t, how=how):
        login = blocked(t, how)
        wait_until(lambda: Books(t.machine).of(login.pid).kinds["Warned"], "the warning", timeout=LIMIT + 9)
        until(now() + 1)
        if how == "XOFF":
            login.send("\x11")
        else:
            login.read_on()
        seen = promise.wait_for_warning(login, 2.5)
        assert int(seen[1]) <= 3, "says how long is left now"
        promise.assert_logged_out_between(login, login.last_key_at, LIMIT, LIMIT + 9)

    @case(f"{how}: others are warned and ended on time, and the daemon answers at once")
    def _(t, how=how):
        stuck = [blocked(t, how) for _ in range(5)]
        other = t.machine.rlogin.login(t.new_user())
        key = other.type("\n")
        until(key + LIMIT - 1)
        while not other.ended():
            began = now()
            t.machine.sessions()
            assert now() - began < 1.5, f"an answer took {now() - began:.2f} s"
            other.ended(0.3)
            assert now() < key + LIMIT + 12
        promise.assert_logged_out_between(other, key, LIMIT, LIMIT + 9)
        promise.assert_told_why(other, limit=f"{LIMIT} seconds")
        for login in stuck:
            login.read_on()
            assert login.ended(12)


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@case("when all are over nothing is held and nothing is left")
def _(t):
    until(now() + 15)  # the other cases are over by then
    wait_until(lambda: not t.machine.sessions() and not state_files(), "all to be forgotten", timeout=25)
    wait_until(lambda: Holdings(t.machine.daemon.pid).descriptors == t.machine.empty.descriptors,
               f"what it held at first, {t.machine.empty}", timeout=3)
    assert Holdings(t.machine.daemon.pid).watches == t.machine.empty.watches


def prepare():
    machine = Machine(start_sshd=False)
    pid = machine.start_daemon(POLICY).pid
    wait_until(lambda: Holdings(pid).watches == 3, "it to be started")
    time.sleep(0.2)
    machine.empty = Holdings(pid)
    machine.rlogin = RloginHost()
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
