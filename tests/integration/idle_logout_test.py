#!/usr/bin/python3
"""Who is idle is warned, told why and logged out, 20 to 29 s after the last key under a limit of 20 s.

The limit is counted from the end of the 8-second block that the kernel keeps the time of the last key to; the
second above is for the farewell, the signals and a busy machine. What may run on the terminal meanwhile is in
evasion_test.py.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import now, until, until_block_phase, wait_until  # noqa: E402

POLICY = {
    "defaults": {"idle": "20s", "warn": ["5s"]},
    "rules": [
        {"name": "by the letter", "match": {"user": "bob"}, "tmout": "limit"},
        {"name": "no alarm", "match": {"user": "carol"}, "idle": "20s", "tmout": "off"},
    ],
}


# --- at the prompt -------------------------------------------------------------------------------------------


@case("at the prompt, tmout backstop: warned, told why, logged out")
def _(t):
    assert_ended_at_the_prompt(t, "alice", tmout="40")


@case("at the prompt, tmout off: warned, told why by which rule, logged out")
def _(t):
    assert_ended_at_the_prompt(t, "carol", tmout="unset", rule="no alarm")


@case("at the prompt, tmout limit: logged out, by the shell or by idled")
def _(t):
    client = t.login("bob")
    assert client.run("echo ${TMOUT-unset}") == "20\n"
    key = client.type("\n")
    promise.assert_logged_out_between(client, key)


@case("at the prompt, root: no monitor stands between the connection and its shell")
def _(t):
    assert_ended_at_the_prompt(t, "root", tmout="40")


def assert_ended_at_the_prompt(t, user, tmout, rule="defaults"):
    client = t.login(user)
    assert client.run("echo ${TMOUT-unset}") == f"{tmout}\n"
    session = t.machine.session_of(client)
    key = client.type("\n")
    promise.assert_logged_out_between(client, key)
    promise.assert_told_why(client, rule=rule)
    assert len(promise.WARNING.findall(client.output.text)) == 1, "one lead time is one warning"
    promise.assert_nothing_left(client)
    wait_until(lambda: session["id"] not in [each["id"] for each in t.machine.sessions()], "the list to forget it")
    assert not Path("/run/idled/sessions", f"{session['id']}.json").exists()


@case("a login at which nobody ever types")
def _(t):
    client = t.login("alice")
    assert_ended_since_it_began(client)
    promise.assert_told_why(client)


@case("a second key at the end of a block counts, though the kernel notes only the first")
def _(t):
    client = t.login("alice")
    until_block_phase(0.5)
    client.type("x")
    until_block_phase(7.0)
    key = client.type("y")
    promise.assert_logged_out_between(client, key)


@case("keys typed ahead count from when they came or from when they are read, not from before")
def _(t):
    client = t.login("alice")
    client.type("sleep 6\n")
    until(now() + 3)
    key = client.type("x")  # half a line, which bash reads when it is back
    promise.assert_logged_out_between(client, key, 20, 3 + 29)


# --- other shells, and clients that do not read --------------------------------------------------------------


@case("a login shell that knows no TMOUT: fish", needs=["fish"])
def _(t):
    client = t.login(t.new_user(shell="/usr/bin/fish"))
    key = client.type("\n")
    promise.assert_logged_out_between(client, key)
    promise.assert_told_why(client)


@case("a client that has stopped reading")
def _(t):
    client = t.login("alice")
    key = client.type("\n")
    client.prompt()
    client.freeze()
    promise.assert_all_gone_between(client, key)


@case("a client that has stopped reading, and a program that would go on writing")
def _(t):
    client = t.login("alice")
    key = client.type("sleep 1; yes\n")
    client.wait_for("yes\n")  # the echo
    client.freeze()
    promise.assert_all_gone_between(client, key)
    client.thaw()
    assert client.ended(5), "the connection has outlived its terminal"


def assert_ended_since_it_began(client):
    """Where no key was typed, the terminal's making counts: after the client's start, before its first process."""
    wait_until(client.shell_pid, "its first process")
    promise.assert_logged_out_between(client, client.started_at, 20, now() - client.started_at + 29)


# --- what is said of it --------------------------------------------------------------------------------------


@case("a terminal whose times are set again and again is named, in the list and in the log, and what decided")
def _(t):
    client = t.login(t.new_user(), settings=["ServerAliveInterval=2"])
    assert t.machine.session_of(client)["witness"] in ("terminal", "connection")
    key = client.type("(while :; do touch -a $(tty); sleep 0.5; done) &\n")
    client.prompt()
    terminal = client.terminal()

    def forged():
        session = t.machine.session_of(client)
        return session["terminals"][0]["forged"] and session
    session = wait_until(forged, "the list to name it")
    # Where the keys before are in the same 8-second block, or the connection was quiet, these decide.
    witnesses = ("terminal", "terminal, its times changed", "connection")
    assert session["witness"] in witnesses, session
    row = next(line for line in t.machine.idlectl("list").stdout.splitlines() if session["id"] in line)
    assert f"{terminal} (forged)" in row, row
    log = t.machine.daemon
    said = log.wait_for(re.compile(rf"The times of {terminal} are set by hand, .*IDLED_FORGED={terminal}"))
    assert any(f"IDLED_WITNESS={witness}" in said[0] for witness in witnesses), said[0]
    promise.assert_logged_out_between(client, key, high=2 * 20 + 9)
    log.wait_for(re.compile(rf"Logging out session {session['id']} .*IDLED_FORGED={terminal} \(\d+ times\)"))


def prepare():
    machine = Machine()
    machine.start_daemon(POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
