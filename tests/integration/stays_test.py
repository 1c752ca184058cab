#!/usr/bin/python3
"""Who works stays, and so does what people left running. The limit is 20 s, each case lasts several of it."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise, ssh  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import now, until, until_block_phase, wait_until  # noqa: E402

LIMIT = 20
POLICY = {
    "defaults": {"idle": "20s", "warn": ["5s"]},
    # bash's TMOUT is blind to keys within a line, so who is to type nothing else must have none.
    "rules": [{"name": "no alarm", "match": {"user": "carol"}, "tmout": "off"}],
}


# --- people who type -----------------------------------------------------------------------------------------


def types_every_19_seconds(name, user, key, phase, in_front=""):
    @case(f"a key every 19 s for 80 s, {phase} s into a block: {name}")
    def _(t):
        client = t.login(user)
        if in_front:
            client.type(in_front)
        until_block_phase(phase)
        start = now()
        for round in range(5):
            until(start + 19 * round)
            promise.assert_alive(client)
            client.type(key)
        promise.assert_alive_until(client, start + 80, t.machine)


for phase in range(8):
    types_every_19_seconds("Enter at the prompt, tmout backstop", "alice", "\n", phase)
    types_every_19_seconds("a letter at the prompt, tmout off", "carol", "x", phase)
types_every_19_seconds("in a pager", "alice", "j", 0.9, "less /etc/services\n")
types_every_19_seconds("Enter at a program that does not read", "alice", "\n", 7.9, "sleep 999\n")


@case("a key after the warning cancels it, tmout off: letters, for two limits more")
def _(t):
    assert_comes_back(t, "carol", "x")


@case("a key after the warning cancels it, tmout backstop: a letter, then lines, for two limits more")
def _(t):
    assert_comes_back(t, "alice", "\n")


def assert_comes_back(t, user, later):
    client = t.login(user)
    client.type("\n")
    assert promise.wait_for_warning(client)[1] == "5"
    key = client.type("x")
    assert client.wait_for(promise.CANCELLED).time - key < 2, "the user waited for the answer"
    for round in range(1, 5):
        until(key + round * 10)
        client.type(later)
    promise.assert_alive(client, t.machine)
    assert "Logged out" not in client.output.text


@case("a key at a program that does not read cancels nothing; Enter, which the warning asks for, does")
def _(t):
    client = t.login("alice")
    client.type("sleep 999\n")
    promise.wait_for_warning(client)
    key = client.type("\n")
    client.wait_for(promise.CANCELLED, 2.5)
    promise.assert_logged_out_between(client, key)


@case("Enter at a program that does not read counts, though idled had not looked at the terminal before")
def _(t):
    client = t.login("alice")
    typed = client.type("sleep 999\n")
    until(typed + 10)  # the first look comes 15 s after the login, in time for its warning
    key = client.type("\n")
    promise.assert_logged_out_between(client, key)


# --- what has no terminal ------------------------------------------------------------------------------------


@case("ssh host command")
def _(t):
    client = t.ssh("alice", "sleep 65; echo done", tty=False)
    promise.assert_alive_until(client, now() + 3 * LIMIT, t.machine)
    assert t.machine.session_of(client)["kind"] == "no-terminal"
    assert (client.wait(15), client.output.text) == (0, "done\n")


@case("sftp")
def _(t):
    client = t.keep(ssh.transfer("sftp", "alice", ["127.0.0.1"], settings=["BatchMode=yes"]))
    client.type("pwd\n")
    client.wait_for("/home/alice")
    promise.assert_alive_until(client, now() + 3 * LIMIT)
    client.type("put /etc/services slowly\nbye\n")
    assert client.wait() == 0, client.errors.text
    assert Path("/home/alice/slowly").read_bytes() == Path("/etc/services").read_bytes()


@case("a tunnel: ssh -N")
def _(t):
    client = t.ssh("alice", no_command=True, arguments=["-L", "8022:127.0.0.1:22"])
    promise.assert_alive_until(client, now() + 3 * LIMIT, t.machine)
    assert t.login("bob", port=8022).run("whoami") == "bob\n"


@case("a command on the connection of an idle terminal, which ends alone")
def _(t):
    user = t.new_user()
    path = f"/tmp/{user}.sock"
    master = t.ssh(user, no_command=True, control=path, master=True)
    wait_until(lambda: Path(path).exists(), "the master's socket")
    terminal = t.login(user, control=path)
    command = t.ssh(user, "sleep 50; echo done", control=path, tty=False)
    promise.assert_logged_out_between(terminal, terminal.type("\n"))
    promise.assert_alive(master, t.machine)
    assert (command.wait(50), command.output.text) == (0, "done\n")


# --- what people leave running -------------------------------------------------------------------------------


def assert_lives_on(t, client, key, left):
    """The terminal is logged out; what was left runs two limits later: `left` returns something true."""
    wait_until(left, "it to begin")
    promise.assert_logged_out_between(client, key)
    until(client.ended_at + 2 * LIMIT)
    assert left(), "it was ended with the login"


@case("a job of nohup and setsid")
def _(t):
    client = t.login("alice")
    key = client.type("nohup setsid sleep 301 >/dev/null 2>&1 &\n")
    client.wait_for(re.compile(r"\[1\] \d+\n"))
    job = wait_until(lambda: processes_of(client, b"sleep\x00301\x00"), "the job")
    assert_lives_on(t, client, key, lambda: processes_of(client, b"sleep\x00301\x00") == job)


def processes_of(client, cmdline):
    return [pid for pid in client.processes() if Path(f"/proc/{pid}/cmdline").read_bytes() == cmdline]


@case("a detached tmux", needs=["tmux"])
def _(t):
    user = t.new_user()
    client = t.login(user)
    key = client.type("tmux new-session -d -s kept 'sleep 302'\n")
    client.prompt()
    assert_lives_on(t, client, key, lambda: "kept: 1 windows" in t.machine.run("tmux", "ls", user=user).stdout)


@case("a tmux whose terminal is logged out", needs=["tmux"])
def _(t):
    user = t.new_user()
    client = t.login(user)
    client.type("tmux new-session -s kept\n")
    client.wait_for("[kept]")  # its status line
    key = client.type("cat\n")
    assert_lives_on(t, client, key, lambda: "kept: 1 windows" in t.machine.run("tmux", "ls", user=user).stdout)
    assert "attached" not in t.machine.run("tmux", "ls", user=user).stdout


def prepare():
    machine = Machine()
    machine.start_daemon(POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
