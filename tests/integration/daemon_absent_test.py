#!/usr/bin/python3
"""A daemon that does not run, or does not answer, is in nobody's way; once it does, it finds whom it has missed.

All cases live through the same day of the daemon, which a thread of its own directs:

    0 s           20 s        36 s                54 s
    not running | running   | stopped (SIGSTOP) | running

The limit is 10 s, so that there is time for all that in it.
"""

import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.sshd import Sshd  # noqa: E402
from idled_testing.waiting import now, until, wait_until  # noqa: E402

POLICY = {
    "defaults": {"idle": "10s", "warn": ["4s"]},
    "rules": [{"name": "no alarm", "match": {"user": "carol"}, "tmout": "off"}],
}
LOW, HIGH = 10.0, 19.0  # a limit after the last key, and as much as a block and a second later
NO_DAEMON = 5
MODULE_WAITS = 2  # seconds
PORT_WITHOUT_PAM = 2024


class Day:
    """Moments of time.monotonic(); the events are set when it has really happened."""

    def __init__(self, machine):
        self.began = now()
        self.runs_at, self.hangs_at, self.goes_on_at = (self.began + after for after in (20, 36, 54))
        self.runs, self.hangs, self.goes_on = threading.Event(), threading.Event(), threading.Event()
        threading.Thread(target=self._direct, args=(machine,), daemon=True).start()

    def _direct(self, machine):
        until(self.runs_at)
        daemon = machine.start_daemon()
        self.runs.set()
        until(self.hangs_at)
        daemon.process.signal(signal.SIGSTOP)
        self.hangs.set()
        until(self.goes_on_at)
        daemon.process.signal(signal.SIGCONT)
        self.goes_on.set()


day: Day


# --- logging in without it -----------------------------------------------------------------------------------


def time_to_the_prompt(t, **how):
    client = t.login("alice", **how)
    client.close()
    return client.prompt_at - client.started_at


def assert_logs_in_quickly(t):
    """Beside logins that PAM has no part in: the machine may be slow, or busy with something else."""
    lasted, others = [], []
    for _ in range(3):
        others.append(time_to_the_prompt(t, port=PORT_WITHOUT_PAM))
        lasted.append(time_to_the_prompt(t))
    t.log(f"from the client's start to the prompt: {lasted}, without PAM {others}")
    assert min(lasted) < MODULE_WAITS + max(0.5, 3 * min(others))


@case("not running: a login does not wait for it")
def _(t):
    assert_logs_in_quickly(t)


@case("not running: the shell's TMOUT is the fallback")
def _(t):
    assert t.login("alice").run("echo $TMOUT") == "300\n"


@case("not running: idlectl says so, exit status 5")
def _(t):
    for arguments in (("list",), ("kick", "p1"), ("status",)):
        result = t.machine.idlectl(*arguments, user="bob")
        assert result.status == NO_DAEMON and "is not running" in result.stderr, result


@case("hanging: a login waits for 2 s and no longer")
def _(t):
    assert day.hangs.wait(50)
    assert_logs_in_quickly(t)
    assert not day.goes_on.is_set(), "too late to have seen anything"


# --- whom it finds then --------------------------------------------------------------------------------------


def was_missed(t, client):
    """The daemon knows the login now, and all there is to know."""
    session = wait_until(lambda: t.machine.session_of(client), f"{client.name} to be found", 5)
    shown = {key: session[key] for key in ("user", "uid", "service", "kind", "rule", "limit_seconds", "state")}
    kind = "terminal" if client.has_tty else "no-terminal"
    assert shown == {"user": client.user, "uid": t.machine.users[client.user].uid, "service": "sshd", "kind": kind,
                     "rule": "defaults", "limit_seconds": 10 if client.has_tty else None,
                     "state": shown["state"]}, session
    assert session["leader_pid"] == client.leader_pid()


def assert_ends_on_time(t, client, key):
    promise.assert_logged_out_between(client, key, LOW, HIGH)
    promise.assert_told_why(client, limit="10 seconds")


for user in ("alice", "root"):
    @case(f"not running at a login of {user}: found, and ended on time")
    def _(t, user=user):
        until(day.runs_at - 5)
        client = t.login(user)
        key = client.type("\n")
        assert day.runs.wait(30)
        was_missed(t, client)
        assert_ends_on_time(t, client, key)


@case("not running while somebody was idle for longer than the limit: warned first")
def _(t):
    client = t.login("alice")
    client.type("\n")
    assert day.runs.wait(50)
    was_missed(t, client)
    assert promise.wait_for_warning(client)[1] == "4"
    promise.assert_logged_out_between(client, day.runs_at, 4, 8)
    promise.assert_told_why(client, limit="10 seconds")


@case("not running while somebody was idle for longer than the limit: who answers the warning stays")
def _(t):
    client = t.login("alice")
    client.type("\n")
    assert day.runs.wait(50)
    promise.wait_for_warning(client)
    key = client.type("x")
    client.wait_for(promise.CANCELLED, 2.5)
    promise.assert_alive(client, t.machine)
    promise.assert_logged_out_between(client, key, LOW, HIGH)


@case("not running at the start of a command and a tunnel: found, and left alone")
def _(t):
    clients = t.ssh("alice", "sleep 99", tty=False), t.ssh("bob", no_command=True)
    assert day.runs.wait(50)
    for client in clients:
        was_missed(t, client)
        promise.assert_alive_until(client, day.goes_on_at + 10)


@case("hanging at a login: known afterwards, and ended on time")
def _(t):
    assert day.hangs.wait(50)
    until(day.goes_on_at - 5)
    client = t.login("alice")
    key = client.type("\n")
    assert day.goes_on.wait(30)
    was_missed(t, client)
    assert_ends_on_time(t, client, key)


@case("hanging when a login comes and goes: nothing of it is kept")
def _(t):
    user = t.new_user()
    assert day.hangs.wait(50)
    client = t.login(user)
    assert not day.goes_on.is_set(), "too late to have seen anything"
    client.type("exit\n")
    assert client.wait() == 0
    assert day.goes_on.wait(30)
    wait_until(lambda: t.machine.idlectl("status").status == 0, "the daemon to answer")
    assert user not in [session["user"] for session in t.machine.sessions()]
    assert not [path for path in Path("/run/idled/sessions").iterdir() if user in path.read_text()]


@case("hanging while somebody's time was up: warned first")
def _(t):
    assert day.runs.wait(50)
    until(day.hangs_at - 6)
    client = t.login("carol")  # or her shell's own TMOUT would end her meanwhile, as it should
    until(day.hangs_at - 3)
    key = client.type("\n")  # to be warned 6 to 14 s later, logged out 10 to 18 s later
    assert day.goes_on.wait(50)
    warned = promise.wait_for_warning(client, 5)
    assert warned.time > day.goes_on_at, "the daemon was to be stopped"
    promise.assert_logged_out_between(client, key, LOW, day.goes_on_at - key + 8)
    assert client.ended_at - warned.time > 3.5, "the warning promised 4 s"
    promise.assert_told_why(client, limit="10 seconds")


def prepare():
    global day
    machine = Machine()
    machine.write_policy(POLICY)
    Sshd(["UsePAM no"], port=PORT_WITHOUT_PAM)
    day = Day(machine)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
