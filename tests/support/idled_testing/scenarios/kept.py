"""Who works is kept, whatever their rhythm, and so is what has no terminal, or is not the idle login's own.

bash's TMOUT is blind to keys within a line, so who is to type nothing else must have none.
"""

import os
import threading
from pathlib import Path

from .. import promise
from ..scenario import Stage, scenario
from ..waiting import now, until, wait_until
from .evasion import KEEPALIVES
from .ways import ways

NO_ALARM = {"tmout": "off"}


def typing(name, text, in_front="", shows="", **how):
    settings = how.pop("policy", NO_ALARM)
    needs = how.pop("needs", ())

    @scenario("kept", name, "kept", needs=needs, settings=settings)
    def _(s):
        client = s.login(**how)
        if in_front:
            s.enter(client, in_front)
        if shows:
            client.wait_for(shows)
        s.types(client, text)


typing("a letter just inside the limit", "x")
typing("Enter just inside the limit, with the shell's TMOUT", "\n", policy={})
typing("Enter pressed into a program that does not read", "\n", "sleep 1000")
typing("a key in a pager", "j", "less /etc/services", "tcpmux", needs=["less"])
typing("a key in an editor", "j", "vi notes", "~", needs=["vi"])
typing("lines while a touch loop runs", "abcdefgh\n", "(while :; do touch $(tty); sleep 0.5; done) &")
typing("letters while a touch loop runs, with keepalives", "abcdefgh",
       "(while :; do touch $(tty); sleep 0.5; done) &", settings=KEEPALIVES)
typing("mesg n and chmod now and then", "mesg n; chmod 600 $(tty)\n")
typing("mesg n and chmod now and then, with keepalives", "mesg n; chmod 600 $(tty)\n", settings=KEEPALIVES)
READS = ("python3 -c 'import os, tty; fd = os.open(\"/dev/tty\", os.O_RDWR); tty.setraw(fd); "
         "print(\"RE\" + \"ADS\", flush=True); exec(\"while os.read(fd, 1): pass\")'")
typing("a key read through /dev/tty", "j", READS, "READS")
typing("a key read through /dev/tty after mesg n, with keepalives", "j", "(sleep 11; mesg n) & " + READS, "READS",
       settings=KEEPALIVES)


def typing_by(name, way):
    @scenario("kept", f"a letter just inside the limit: {name}", "kept", needs=way.needs, props=way.props,
              settings=NO_ALARM)
    def _(s):
        client = way.take(s)
        client.type("\n")
        s.types(client, "x")


for _name, _way in ways("sudo -i", "sudo -i with use_pty", "su -", "tmux", "screen", "login on a terminal", "dropbear",
                        "mosh"):
    typing_by(_name, _way)


@scenario("kept", "one long line, typed slowly", "kept", settings=NO_ALARM)
def _(s):
    client = s.login()
    end = now() + 3 * s.limit
    while now() < end:
        s.stays(client, now() + s.limit / 6)
        client.type("x")


# --- several terminals ---------------------------------------------------------------------------------------


@scenario("kept", "two terminals on one connection, of which one is used", "kept", settings=NO_ALARM)
def _(s):
    _, path = s.master()
    used, unused = s.login(control=path), s.login(control=path)
    for _ in range(3):
        s.types(used, "x", rounds=1)
        s.stays(unused, now())


@scenario("kept", "a used login, while another of the same user is idle", "kept", settings=NO_ALARM)
def _(s):
    idle, used = s.login(), s.login()
    key = idle.type("\n")
    s.types(used, "x")
    if s.idled:
        s.ends(idle, since=key)


def by_the_connection_of_an_idle_terminal(name):
    """Its terminal ends (by which means however), and `function` says what else uses its connection."""
    def enter(function):
        @scenario("kept", f"{name} on the connection of an idle terminal, which ends alone", "kept")
        def _(s):
            _, path = s.master()
            terminal = s.login(control=path)
            check = function(s, path)
            s.ends(terminal, terminal.type("\n"))
            check()
    return enter


@by_the_connection_of_an_idle_terminal("a command")
def _(s, path):
    command = s.ssh(f"sleep {2.5 * s.limit}; echo done", control=path, tty=False)

    def check():
        s.stays(command, command.started_at + 2 * s.limit)
        assert (command.wait(s.limit), command.output.text) == (0, "done\n"), "it was cut off"
    return check


@by_the_connection_of_an_idle_terminal("a transfer")
def _(s, path):
    copy, sent = s.ssh("cat >received", control=path, tty=False), []

    def feed():
        while not done.wait(0.5) and not copy.ended():
            sent.append(f"part {len(sent)}\n")
            copy.type(sent[-1])

    done = threading.Event()
    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()

    def check():
        until(now() + s.limit / 2)
        done.set()
        feeder.join()
        assert not copy.ended(), "it was cut off"
        copy.end_input()
        assert (copy.wait(), (s.home / "received").read_text()) == (0, "".join(sent)), "it was cut off"
    return check


@by_the_connection_of_an_idle_terminal("a tunnel")
def _(s, path):
    port = 10000 + int(s.user[1:].split("-")[0])
    s.run(["ssh", "-F", "none", "-o", f"ControlPath={path}", "-O", "forward", "-L", f"{port}:127.0.0.1:22",
           "127.0.0.1"]).wait()

    def check():
        until(now() + s.limit)
        assert s.login(port=port).run("whoami") == f"{s.user}\n"
    return check


# --- no terminal ---------------------------------------------------------------------------------------------


@scenario("kept", "ssh host command, without a terminal", "kept")
def _(s):
    client = s.ssh(f"sleep {3 * s.limit + 2}; echo done", tty=False)
    s.stays(client, now() + 3 * s.limit)
    if s.idled:
        promise.assert_alive(client, s.machine)
        assert s.machine.session_of(client)["kind"] == "no-terminal"
    assert (client.wait(15), client.output.text) == (0, "done\n")


@scenario("kept", "sftp, waiting for its user", "kept")
def _(s):
    client = s.transfer("sftp", ["127.0.0.1"])
    client.type("pwd\n")
    client.wait_for(str(s.home))
    s.stays(client, now() + 3 * s.limit)
    client.type("put /etc/services slowly\nbye\n")
    assert client.wait() == 0, f"it was cut off\n{client.errors.text}"
    assert (s.home / "slowly").read_bytes() == Path("/etc/services").read_bytes()


@scenario("kept", "a tunnel: ssh -N", "kept")
def _(s):
    port = 10000 + int(s.user[1:].split("-")[0])
    client = s.ssh(no_command=True, arguments=["-L", f"{port}:127.0.0.1:22"])
    s.stays(client, now() + 3 * s.limit)
    if s.idled:
        promise.assert_alive(client, s.machine)
    assert s.login(port=port).run("whoami") == f"{s.user}\n"


# --- what people leave running -------------------------------------------------------------------------------


def leaves(name, command, left, needs=(), attached=""):
    """A terminal is ended, and what was started on it goes on: `left` tells, and is true from the start."""
    @scenario("kept", f"left running: {name}", "kept", needs=needs)
    def _(s):
        client = s.login()
        key = s.enter(client, command)
        if attached:
            client.wait_for(attached)
            key = s.enter(client, "cat")
        wait_until(lambda: left(s, client), "it to begin")
        s.ends(client, key)
        s.lives_on(name, lambda: left(s, client))


def sleeps(s: Stage, client) -> list[int]:
    """The processes of the login that are what the scenarios here leave behind."""
    return [pid for pid in client.processes() if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sleep\x00301")]


def tmux_session(s: Stage, client) -> bool:
    return "work: 1 windows" in s.machine.run("tmux", "ls", user=s.user).stdout


def screen_session(s: Stage, client) -> bool:
    return ".work" in s.machine.run("screen", "-ls", user=s.user).stdout


leaves("a job of nohup", "nohup sleep 301 >/dev/null 2>&1 &", sleeps)
leaves("a job of nohup and setsid", "nohup setsid sleep 301 >/dev/null 2>&1 &", sleeps)
leaves("a daemon: setsid -f", "setsid -f sleep 301 </dev/null >/dev/null 2>&1", sleeps)
leaves("a detached tmux", "tmux new-session -d -s work 'sleep 302'", tmux_session, needs=["tmux"])
leaves("a detached screen", "screen -dmS work sleep 302", screen_session, needs=["screen"])
leaves("a tmux whose terminal is ended", "tmux new-session -s work", tmux_session, needs=["tmux"], attached="[work]")
