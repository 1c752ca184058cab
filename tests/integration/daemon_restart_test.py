#!/usr/bin/python3
"""Killed or stopped, and started again: nobody is logged out early, nobody is forgotten, warnings go on.

There are two outages, directed by a thread of their own; each case is entered for both. They begin 5 s into one of
the 8-second blocks that the kernel keeps the time of a key to, so that a case can say what stands when they do.
The limit is 20 s. A key 7 s into a block, 14 s before an outage:

    key   end of its block   warning (8 s before)   outage   daemon back   logout
    -14   -13                -2 to -1               0        +2.5          +6 to +7

Sooner is where the connection tells when the key came, later where only the terminal does.
"""

import json
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import BLOCK, next_block_phase, now, until, wait_until  # noqa: E402

POLICY = {"defaults": {"idle": "20s", "warn": ["8s"]}}
OUTAGE = 2.5
STATE = Path("/run/idled/sessions")


class Outage:
    """`at` and `over_at` are moments of time.monotonic(); `over` is set when the daemon is back."""

    def __init__(self, how, at):
        self.how, self.at, self.over_at = how, at, at + OUTAGE
        self.over = threading.Event()

    def bring_about(self, machine):
        until(self.at)
        daemon = machine.daemon
        if self.how == "killed":
            daemon.kill()
        else:
            assert daemon.stop() == 0
        until(self.over_at)
        machine.start_daemon()
        self.over.set()

    def wait_until_over(self):
        assert self.over.wait(max(0.0, self.over_at - now()) + 15), "the daemon has not come back"


outages: dict[str, Outage] = {}


def in_each_outage(name, before=20):
    """Enters a case for each outage. It gets the outage, and is called `before` it, in seconds."""
    def enter(function):
        for how in ("killed", "stopped"):
            @case(f"{how}: {name}")
            def _(t, how=how):
                outage = outages[how]
                until(outage.at - before)
                function(t, outage)
    return enter


def login_with_warning(t, outage):
    """A client whose warning stands when the outage begins, and the moment of its key."""
    client = t.login("alice")
    until(outage.at - 14)
    key = client.type("\n")
    promise.wait_for_warning(client, 15)
    assert now() < outage.at, "too late"
    return client, key


def assert_ends_on_time(client, key, high=29.0):
    promise.assert_logged_out_between(client, key, high=high)
    promise.assert_told_why(client)
    promise.assert_nothing_left(client)


def assert_says_stay(client, key):
    """The key is answered, and counts."""
    client.wait_for(promise.CANCELLED, 3)
    promise.assert_logged_out_between(client, key)


@in_each_outage("a hold goes on, and its end warns first")
def _(t, outage):
    client = t.login("alice")
    until(outage.at - 14)
    client.type("exec cat\n")  # which has no TMOUT
    session = t.machine.session_of(client)
    held_until = now() + 35  # at the earliest
    assert t.machine.idlectl("hold", session["id"], "--for", "35s", "--why", "an upgrade").status == 0
    outage.wait_until_over()
    session = t.machine.session_of(client)
    assert session["state"] == "held" and session["hold"].endswith(": an upgrade"), session
    promise.assert_alive_until(client, held_until - 1, t.machine)
    assert "***" not in client.output.text, client.output.text
    warning = promise.wait_for_warning(client, 6)
    promise.assert_logged_out_between(client, warning.time, 7, 10)


@in_each_outage("who is idle is warned and logged out on time")
def _(t, outage):
    client = t.login("alice")
    until(outage.at - 9)
    key = client.type("\n")
    outage.wait_until_over()
    assert promise.wait_for_warning(client)[1] == "8"
    assert_ends_on_time(client, key)
    assert len(promise.WARNING.findall(client.output.text)) == 1


@in_each_outage("who has been warned is logged out on time, and not warned again", before=24)
def _(t, outage):
    client, key = login_with_warning(t, outage)
    assert_ends_on_time(client, key, high=22.5)
    assert len(promise.WARNING.findall(client.output.text)) == 1


@in_each_outage("who has been warned and answers while it is down stays", before=24)
def _(t, outage):
    client, _ = login_with_warning(t, outage)
    until(outage.at + 1)
    key = client.type("x")
    outage.wait_until_over()
    assert_says_stay(client, key)


@in_each_outage("who has been warned and answers when it is back stays", before=24)
def _(t, outage):
    client, _ = login_with_warning(t, outage)
    outage.wait_until_over()
    until(outage.at + 4)
    assert_says_stay(client, client.type("x"))


@in_each_outage("a kick that was to come comes")
def _(t, outage):
    client = t.login("bob")
    until(outage.at - 4)
    client.type("\n")  # or its idle limit might come first
    kicked = now()
    assert t.machine.idlectl("kick", client.terminal(), "--in", "8s", "--no-wait", "-m", "see you").status == 0
    until(outage.at + 3)
    client.type("\n")
    promise.assert_logged_out_between(client, kicked, 8, 10)
    client.wait_for("*** Logged out by root.\n*** see you", 0)


@in_each_outage("who logs in while it is down is found, and logged out on time")
def _(t, outage):
    until(outage.at + 0.2)
    client = t.login("alice")
    key = client.type("\n")
    outage.wait_until_over()
    promise.assert_alive(client, t.machine)
    assert_ends_on_time(client, key)


@in_each_outage("what is known of a login is known again")
def _(t, outage):
    clients = t.login("carol"), t.ssh("carol", no_command=True), t.ssh("carol", "sleep 99", tty=False)
    until(outage.at - 5)
    clients[0].type("\n")
    before = [t.machine.session_of(client) for client in clients]
    assert now() < outage.at, "too late"
    outage.wait_until_over()
    after = [t.machine.session_of(client) for client in clients]
    for old, new in zip(before, after):
        changed = {key for key in old if old[key] != new[key]} - {"terminals"}
        assert changed <= {"idle_seconds"}, f"{changed} of {old} is now {new}"
    assert after[0]["idle_seconds"] >= before[0]["idle_seconds"] + 2, f"{before[0]} is now {after[0]}"


@in_each_outage("who leaves while it is down is forgotten")
def _(t, outage):
    client = t.login(t.new_user())
    session = wait_until(lambda: t.machine.session_of(client), "the session")
    until(outage.at + 0.2)
    client.type("exit\n")
    client.wait()
    outage.wait_until_over()
    assert session["id"] not in [each["id"] for each in t.machine.sessions()]
    assert not [path for path in STATE.iterdir() if json.loads(path.read_text())["login"]["user"] == client.user]


@case("who works through both outages stays, and so does what has no terminal")
def _(t):
    last = max(outage.over_at for outage in outages.values()) + 8
    client, command = t.login("alice"), t.ssh("alice", "cat", tty=False)
    tunnel = t.ssh("alice", no_command=True)
    while now() < last:
        client.type("\n")
        until(now() + 10)
    for each in (client, command, tunnel):
        promise.assert_alive(each, t.machine)
    assert "Logged out" not in client.output.text


def prepare():
    machine = Machine()
    machine.start_daemon(POLICY)
    first = next_block_phase(5, after=25)
    for how, at in (("killed", first), ("stopped", first + 4 * BLOCK)):
        outages[how] = Outage(how, at)
    threading.Thread(target=lambda: [each.bring_about(machine) for each in outages.values()], daemon=True).start()
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
