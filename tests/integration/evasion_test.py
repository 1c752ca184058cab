#!/usr/bin/python3
"""Ways to look busy: touch, input pushed into one's own terminal, inner terminals, keepalives; and who must be kept.

A quiet connection is the second witness: then the logout is exact. With keepalives it says nothing, and the terminal
speaks alone: where its times were set by hand, the doubtful past counts once, which is one limit more.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import now, until  # noqa: E402

LIMIT = 20
ON_TIME = LIMIT + 9
DOUBTED_ONCE = 2 * LIMIT + 9
KEEPALIVES = ["ServerAliveInterval=2"]

TOUCHES = {
    "touch once": "touch $(tty)",
    "touch in a loop": "while :; do touch $(tty); done",
    "touch -a now and then": "(while :; do touch -a $(tty); sleep 1; done) &",
    "touch -a as fast as it can": "while :; do touch -a $(tty); done",
    "touch -d tomorrow": "touch -d tomorrow $(tty)",
    "touch -d tomorrow in a loop": "(while :; do touch -d tomorrow $(tty); sleep 1; done) &",
    "touch -r": "touch -r /etc/passwd $(tty)",
    "chmod in a loop": "(while :; do chmod 600 $(tty); sleep 1; done) &",
}
OTHERS = {
    "TIOCSTI": "python3 -c \"import fcntl, time\nwhile True: time.sleep(2); fcntl.ioctl(0, 0x5412, b'x')\"",
    "a program that feeds an inner terminal": "script -qc 'while :; do sleep 1; echo busy; done' /dev/null",
    "an inner terminal with a typist": "python3 -c \"import pty, os, time\npid, fd = pty.fork()\n"
                                       "if pid == 0: os.execvp('cat', ['cat'])\n"
                                       "while True: time.sleep(1); os.write(fd, b'x\\n'); os.read(fd, 100)\"",
    "output without end": "while :; do date; sleep 0.2; done",
}


def run_in(client, command):
    """Types the command; several lines as one, since readline takes a line break for Enter."""
    escaped = command.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return client.type(f"eval $'{escaped}'\n")


def logged_out(t, command, high, **how):
    client = t.login(t.new_user(), **how)
    since = run_in(client, command)
    promise.assert_logged_out_between(client, since=since, low=LIMIT, high=high)


for _name, _command in (TOUCHES | OTHERS).items():
    @case(f"{_name}, on a quiet connection: on time")
    def _(t, command=_command):
        logged_out(t, command, ON_TIME)

for _name, _command in TOUCHES.items():
    @case(f"{_name}, with keepalives: the doubtful past counts once")
    def _(t, command=_command):
        logged_out(t, command, DOUBTED_ONCE, settings=KEEPALIVES)


@case("keepalives are not input")
def _(t):
    logged_out(t, "true", ON_TIME, settings=KEEPALIVES)


def keys(client, count, text, every=18.0):
    """Types `text`, letter by letter, every so often; the login must be there each time."""
    for each in range(count):
        until(now() + every)
        assert not client.ended(0), f"logged out before the keys of {(each + 1) * every:.0f} s"
        client.type_slowly(text, 0.15)


@case("who types while a touch loop runs is kept", timeout=150)
def _(t):
    client = t.login(t.new_user(), settings=KEEPALIVES)
    client.type("(while :; do touch $(tty); sleep 0.5; done) &\n")
    keys(client, 5, "abcdefgh")


@case("who says mesg n and chmod now and then is kept", timeout=150)
def _(t):
    client = t.login(t.new_user(), settings=KEEPALIVES)
    client.type("true\n")
    keys(client, 5, "mesg n; chmod 600 $(tty)\n")


def prepare():
    machine = Machine()
    # Without the backstop: bash counts from Enter to Enter, and would end who types letters.
    machine.start_daemon({"defaults": {"idle": f"{LIMIT}s", "warn": ["5s"], "tmout": "off"}})
    return machine


sys.exit(cases.main(prepare))
