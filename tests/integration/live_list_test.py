#!/usr/bin/python3
"""`idlectl list --watch` on a real terminal and in a pipe: what the screen shows, and that the terminal is given back.

What the screen shows is told by a terminal emulator (pyte), fed with every byte that was printed.
"""

import fcntl
import os
import re
import shlex
import signal
import struct
import sys
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, proc, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

ROWS, COLUMNS = 24, 80
ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
POLICY = {"defaults": {"idle": "10m"},
          "rules": [{"match": {"user": "dora"}, "idle": "20s", "warn": ["5s"], "name": "watched"},
                    {"name": "short", "match": {"user": "bob"}, "idle": "2m", "warn": ["115s"]}]}


class Screen:
    """idlectl on a terminal of its own, below a shell that outlives it; and what an onlooker sees."""

    def __init__(self, t, *arguments, term="xterm", environment=None):
        self.t = t
        command = shlex.join(["idlectl", "list", "--watch", *arguments])
        script = f"stty -g >/tmp/before.$$; {command}; echo \"status $?\"; stty -g >/tmp/after.$$; read -r line"
        self.process = t.run(["bash", "--norc", "-c", script], on_pty=True,
                             environment={"TERM": term, **(environment or {})})
        self.raw = self.process.output

    def lines(self, rows=ROWS, columns=COLUMNS):
        import pyte
        screen = pyte.Screen(columns, rows)
        pyte.ByteStream(screen).feed(bytes(self.raw.raw))
        return [line.rstrip() for line in screen.display]

    def bytes(self):
        return bytes(self.raw.raw)

    def wait_for(self, wanted, what, timeout=10, **size):
        wait_until(lambda: any(wanted(line) for line in self.lines(**size)), what, timeout)

    def pid(self):
        return next((pid for pid in proc.pids() if proc.parent(pid) == self.process.pid and proc.name(pid) == "idlectl"),
                    None)

    def resize(self, rows, columns):
        fcntl.ioctl(self.process._input, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def assert_given_back(self, status):
        self.process.wait_for(f"status {status}")
        after = Path(f"/tmp/after.{self.process.pid}")
        wait_until(lambda: after.exists() and after.read_text(), "the terminal's settings, told")
        assert after.read_text() == Path(f"/tmp/before.{self.process.pid}").read_text()
        data = self.bytes()
        assert data.count(ENTERED) == data.count(LEFT) >= 1, data
        assert data.rfind(b"\x1b[?25h") > data.rfind(b"\x1b[?25l"), "the cursor is hidden still"


def of(user):
    return lambda line: re.match(rf"\S+ +{user} ", line)


def summary(line):
    return re.match(r"\d\d:\d\d:\d\d  \d+ (of \d+ )?sessions?", line)


def opened(t, *arguments, **how):
    screen = Screen(t, *arguments, **how)
    screen.wait_for(summary, "the first screen")
    return screen


@case("sessions come and go on the screen, with a bar of what is left, redrawn in place")
def _(t):
    t.login("alice")
    screen = opened(t, "--user", "alice")
    screen.wait_for(of("alice"), "alice's session")
    lines = screen.lines()
    t.log("\n" + "\n".join(lines))
    assert lines[0].endswith("(user alice)"), lines[0]
    row = next(line for line in lines if of("alice")(line))
    assert re.search(r" #{9}[#.] +(9m\d\ds|10m00s) +active ", row), row
    before = sum(1 for line in lines if of("alice")(line))
    other = t.login("alice")
    wait_until(lambda: sum(1 for line in screen.lines() if of("alice")(line)) == before + 1, "the second session")
    other.type("exit\n")
    wait_until(lambda: sum(1 for line in screen.lines() if of("alice")(line)) == before, "it to be gone")
    data = screen.bytes()
    assert data.count(b"\x1b[H") >= 3 and b"\x1b[2J" not in data, "it is drawn over what was there, never from empty"
    screen.process.type("q")
    screen.assert_given_back(0)


@case("a warned session is coloured; NO_COLOR and --color never are honoured")
def _(t):
    t.login("bob")
    warned = b"\x1b[1;33mwarned\x1b[0m"
    screen = opened(t, "--user", "bob")
    wait_until(lambda: warned in screen.bytes(), "the warning, in its colour", 40)
    for environment, arguments in (({"NO_COLOR": "1"}, ()), ({}, ("--color", "never"))):
        plain = opened(t, "--user", "bob", *arguments, environment=environment)
        plain.wait_for(lambda line: " warned" in line, "the warning")
        assert b"\x1b[1;33m" not in plain.bytes() and b"\x1b[1m" not in plain.bytes()
        plain.process.type("q")
    screen.process.type("q")


@case("it follows the size of the terminal, and counts what has no room")
def _(t):
    for _ in range(3):
        t.login("carol")
    screen = opened(t, "10m", "--user", "carol")
    screen.wait_for(lambda line: "3 sessions" in line, "three sessions")
    screen.resize(5, 40)
    wait_until(lambda: screen.lines(5, 40)[4] == "... 2 more sessions", "the smaller screen")
    assert all(len(line) <= 40 for line in screen.lines(5, 40))
    assert of("carol")(screen.lines(5, 40)[3])
    screen.resize(ROWS, 120)
    wait_until(lambda: sum(1 for line in screen.lines(ROWS, 120) if of("carol")(line)) == 3, "the larger one")
    assert any(" LIMIT " in line and line.endswith("IN FRONT") for line in screen.lines(ROWS, 120))
    screen.process.type("q")
    screen.assert_given_back(0)


@case("the terminal is given back whatever ends it")
def _(t):
    screen = opened(t)
    screen.process.type("\x03")  # ends the shell, too
    wait_until(lambda: screen.bytes().count(LEFT) == 1, "Ctrl-C")
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV):
        screen = opened(t)
        os.kill(screen.pid(), number)
        screen.assert_given_back(128 + number)


class Shell:
    """A shell with jobs, on a terminal."""

    def __init__(self, t):
        self.process = t.run(["bash", "--norc", "-i"], on_pty=True, environment={"PS1": "shell> ", "TERM": "xterm"})
        self.process.wait_for("shell> ")

    def start(self, command):
        """Starts a command that takes the screen, or gives it to one that had it."""
        drawn = self.count(b"\x1b[H")
        self.process.type(command + "\n")
        wait_until(lambda: self.count(ENTERED) > self.count(LEFT) and self.count(b"\x1b[H") > drawn, "the screen")

    def run(self, command):
        """Runs a command; what it printed."""
        self.process.type(f"{command}; echo do'ne'\n")
        text = self.process.wait_for(re.compile(r"'ne'\n(.*?)done\n", re.DOTALL))[1]
        self.process.wait_for("shell> ")
        return text

    def count(self, data):
        return bytes(self.process.output.raw).count(data)

    def children(self):
        return [pid for pid in proc.pids() if proc.parent(pid) == self.process.pid and proc.name(pid) == "idlectl"]

    def child_is_stopped(self):
        return b") T " in proc.read(self.children()[0], "stat")


@case("Ctrl-Z gives the terminal back, fg takes it again, in the background it draws nothing")
def _(t):
    shell = Shell(t)
    before = shell.run("stty -g")
    shell.start("idlectl list --watch")
    shell.process.type("\x1a")
    shell.process.wait_for("Stopped")
    shell.process.wait_for("shell> ")
    assert shell.count(ENTERED) == shell.count(LEFT) == 1
    assert before in shell.run("stty -g")
    drawn = shell.count(b"\x1b[H")
    shell.run("bg")
    wait_until(shell.child_is_stopped, "it to be stopped when it wants the terminal")
    assert before in shell.run("stty -g") and shell.count(b"\x1b[H") == drawn
    shell.start("fg")
    os.kill(shell.children()[0], signal.SIGSTOP)  # of which it is not told
    shell.process.wait_for("Stopped")
    shell.process.wait_for("shell> ")
    drawn = shell.count(b"\x1b[H")
    shell.process.type("fg\n")
    wait_until(lambda: shell.count(b"\x1b[H") > drawn, "the screen")
    shell.process.type("q")
    shell.process.wait_for("shell> ")
    assert before in shell.run("stty -g")


@case("one that is stopped can be ended, and leaves the shell's screen alone")
def _(t):
    for in_background in (False, True):
        shell = Shell(t)
        before = shell.run("stty -g")
        shell.start("idlectl list --watch")
        shell.process.type("\x1a")
        shell.process.wait_for("Stopped")
        shell.process.wait_for("shell> ")
        if in_background:  # and stopped again, on its way to the terminal
            shell.run("bg")
            wait_until(shell.child_is_stopped, "it to be stopped when it wants the terminal")
        given_back = shell.count(LEFT)
        shell.run("kill %%")
        wait_until(lambda: not shell.children(), "it to be ended, although it has not the terminal")
        assert before in shell.run("stty -g") and shell.count(LEFT) == given_back


@case("what is typed behind the q is the shell's")
def _(t):
    shell = Shell(t)
    shell.start("idlectl list --watch")
    shell.process.type("xqecho behi'nd'\n")
    shell.process.wait_for(re.compile(r"^behind", re.MULTILINE))


@case("in a pipe, and on a dumb terminal, one table follows the other and nothing else")
def _(t):
    t.login("alice")
    piped = t.run(["idlectl", "list", "--watch", "--user", "alice"])
    wait_until(lambda: bytes(piped.output.raw).count(b"SESSION ") >= 3, "three tables")
    dumb = Screen(t, "--user", "alice", term="dumb")
    wait_until(lambda: dumb.bytes().count(b"SESSION ") >= 2, "two tables")
    for data in (bytes(piped.output.raw), dumb.bytes()):
        assert b"\x1b" not in data, data
        assert re.search(rb"\n\r?\nSESSION ", data), data


@case("who watches without typing is logged out on time, and told why")
def _(t):
    client = t.ssh("dora", "exec idlectl list --watch")
    client.wait_for(re.compile(r"dora .* idlectl"))
    promise.assert_logged_out_between(client, client.started_at)
    promise.assert_told_why(client, "20 seconds", "watched")
    # The warning itself is drawn over within a second.
    assert re.search(r"^This session will be logged out in \ds: press Enter to stay", client.output.text, re.MULTILINE)
    promise.assert_nothing_left(client)


@case("a daemon that goes away is said so, and its last word stands until it is back")
def _(t):
    client = t.login("alice")
    screen = opened(t, "--user", "alice")
    screen.wait_for(of("alice"), "alice's session")
    t.machine.daemon.stop()
    screen.wait_for(lambda line: re.match(r"As of \d\d:\d\d:\d\d: idled is not running ", line), "the header")
    assert any(of("alice")(line) for line in screen.lines()), screen.lines()
    t.machine.start_daemon(POLICY)
    wait_until(lambda: not any(line.startswith("As of ") for line in screen.lines()), "it to be back")
    screen.wait_for(of("alice"), "alice's session")
    client.type("exit\n")
    wait_until(lambda: not any(of("alice")(line) for line in screen.lines()), "news")
    screen.process.type("q")
    screen.assert_given_back(0)


@case("without a daemon to begin with, it fails as the list does, and leaves the screen alone")
def _(t):
    screen = Screen(t, "--socket", "/tmp/nobody")
    screen.process.wait_for("status 5")
    assert ENTERED not in screen.bytes() and b"idled is not running" in screen.bytes()


def prepare():
    machine = Machine()
    machine.add_user("dora")
    machine.start_daemon(POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))  # one of them stops the daemon
