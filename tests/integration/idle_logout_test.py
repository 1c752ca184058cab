#!/usr/bin/python3
"""Who is idle is logged out, 20 to 29 s after the last key under a limit of 20 s, whatever runs on the terminal.

The limit is counted from the end of the 8-second block that the kernel keeps the time of the last key to; the
second above is for the farewell, the signals and a busy machine.
"""

import itertools
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
# What does not go with the hangup is sent SIGTERM half a second later, and SIGKILL 3 s after that: the latest then.
TERMINATED, KILLED = 30.0, 33.0


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


# --- whatever is in front ------------------------------------------------------------------------------------


phases = itertools.cycle(range(8))


def evades(name, types, shows="", high=29.0, **how):
    """A case in which a user types something that keeps other programs' hands off the terminal, and walks away."""
    phase = next(phases)

    @case(name, **how)
    def _(t):
        client = t.login("alice")
        until_block_phase(phase)  # so that not all keys of a run are of the same age when they count
        key = client.type(types)
        if shows:
            client.wait_for(re.compile(shows))
        promise.assert_logged_out_between(client, key, high=high)
        # Most of the screen is the program's own, so no more is asked of it than that the words are there.
        promise.assert_told_why(client)


evades("a shell that knows no TMOUT: exec env -u TMOUT dash", "exec env -u TMOUT dash\n", r"\n\$ \Z", needs=["dash"])
evades("an open editor", "vi notes\n", "~", needs=["vi"])
evades("an open pager", "less /etc/services\n", "tcpmux", needs=["less"])
evades("a loop that prints for ever", "while :; do date; sleep 1; done\n", r"\d\d:\d\d:\d\d")
evades("a shell that ignores signals: trap '' HUP TERM INT", "trap '' HUP TERM INT\n", r"INT\n.*\$ \Z")
evades("a shell that ignores signals, and a program in front that does",
       "trap '' HUP TERM INT; sleep 999\n", high=KILLED)
evades("a stopped shell: kill -STOP $$", "kill -STOP $$\n")
evades("a terminal of mode 000", "chmod 000 $(tty)\n", r"tty\)\n.*\$ \Z")


@case("a login shell that knows no TMOUT: fish", needs=["fish"])
def _(t):
    client = t.login(t.new_user(shell="/usr/bin/fish"))
    key = client.type("\n")
    promise.assert_logged_out_between(client, key)
    promise.assert_told_why(client)


@case("a command on a terminal that ignores the hangup: ssh -tt host 'trap \"\" HUP; sleep 999'")
def _(t):
    client = t.ssh("alice", 'trap "" HUP; sleep 999')
    assert_ended_since_it_began(client, TERMINATED)


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


def assert_ended_since_it_began(client, high=29.0):
    """Where no key was typed, the terminal's making counts: after the client's start, before its first process."""
    wait_until(client.shell_pid, "its first process")
    promise.assert_logged_out_between(client, client.started_at, 20, now() - client.started_at + high)


def prepare():
    machine = Machine()
    machine.start_daemon(POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
