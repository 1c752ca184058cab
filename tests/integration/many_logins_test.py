#!/usr/bin/python3
"""A hundred logins one after another leave nothing behind in the daemon: no descriptor, no state, no memory."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.books import Holdings, state_files  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

POLICY = {"defaults": {"idle": "6s", "warn": ["3s"]}}
ALLOWED_GROWTH = 512  # kB; what the allocator keeps varies by some pages


def log_in_and_out(t, number):
    """One login: of a terminal, of a command, looked at by `list`, or ended by a kick, in turn."""
    way = number % 5
    if way == 0:
        client = t.login("alice")
        assert t.machine.idlectl("kick", client.terminal()).status == 0
    elif way == 1:
        client = t.login("bob")
        assert t.machine.session_of(client)["terminals"]
        client.type("exit\n")
    else:
        client = t.ssh("carol", "exit 7", tty=way == 2)
    assert client.ended(20)


def log_in_many(t, count):
    """That many, one after another, while three more are idle until they are logged out."""
    idle = [t.login("alice") for _ in range(3)]
    for number in range(count):
        log_in_and_out(t, number)
    for client in idle:
        promise.assert_logged_out_between(client, client.started_at, 6, 600)
        promise.assert_told_why(client, limit="6 seconds")
    wait_until(lambda: not t.machine.sessions(), "the last session to be forgotten")
    time.sleep(0.2)  # for the last connection of idlectl to be closed by the daemon, too
    return Holdings(t.machine.daemon.pid)


@case("one hundred logins one after another", timeout=240)
def _(t):
    before = log_in_many(t, 20)  # what is allocated once has been, then
    after = log_in_many(t, 100)
    t.log(f"before {before}, after {after}")
    print(f"    | before {before}\n    | after  {after}")
    assert after.descriptors == before.descriptors, f"descriptors {before.descriptors} are now {after.descriptors}"
    # Of the daemon's own there are three, for who comes in: /dev/pts, /dev and utmp.
    assert before.watches <= 3 and after.watches == before.watches, f"{after.watches} terminals are still watched"
    assert not state_files(), f"state is left: {state_files()}"
    after.assert_grew_at_most(ALLOWED_GROWTH, before)
    assert not list(Path("/dev/pts").glob("[0-9]*")), "terminals are left"


def prepare():
    machine = Machine()
    machine.start_daemon(POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
