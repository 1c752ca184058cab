#!/usr/bin/python3
"""Where pidfd_getfd(2) is refused, as by the manager of a container: terminals are reached by their paths."""

import errno
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.rlogin import RloginHost  # noqa: E402
from idled_testing.syscalls import SystemCalls  # noqa: E402
from idled_testing.waiting import until, wait_until  # noqa: E402

LIMIT = 4
BYSTANDERS = 50
POLICY = {"defaults": {"idle": f"{LIMIT}s", "warn": ["1s"]}}


class Refusal:
    """Answers the daemon's calls, and notes of which of `bystanders` it has read something in /proc."""

    def __init__(self, bystanders):
        self._bystanders, self.refused, self.read = set(bystanders), 0, []

    def __call__(self, call):
        if call.name == "pidfd_getfd":
            self.refused += 1
            return errno.EPERM
        if call.name == "openat":
            found = re.match(r"/proc/(\d+)/", call.path)
            if found and int(found[1]) in self._bystanders:
                self.read.append(int(found[1]))
        return None


@case("over ssh: out on time, told why")
def _(t):
    client = t.machine.login("alice")
    key = client.type("\n")
    promise.assert_logged_out_between(client, key, LIMIT, LIMIT + 9)
    promise.assert_told_why(client, f"{LIMIT} seconds")
    assert t.machine.refusal.refused > 0


@case("none of its looks, and no logout, reads the processes of others")
def _(t):
    refusal = t.machine.refusal
    refusal.read.clear()
    login = t.machine.rlogin.login("bob")
    wait_until(lambda: len(refusal.read) >= BYSTANDERS, "the search for logins that nobody tells of, which comes after a login", 5)
    key = login.type("\n")
    until(key + LIMIT / 2)  # the search is over
    refusal.read.clear()
    promise.assert_logged_out_between(login, key, LIMIT, LIMIT + 9, late=0)
    assert not refusal.read, f"{len(refusal.read)} of them"


def prepare():
    machine = Machine(ssh_config=["UseDNS no"])
    bystanders = [subprocess.Popen(["sleep", "600"]).pid for _ in range(BYSTANDERS)]
    calls = SystemCalls()
    machine.refusal = calls.judge = Refusal(bystanders)
    machine.start_daemon(POLICY)
    machine.rlogin = RloginHost()
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))
