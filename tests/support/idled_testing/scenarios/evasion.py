"""Ways to look busy while nobody types, and programs in front that keep other programs' hands off the terminal.

On a quiet connection that is the second witness, and the logout is exact. With keepalives it says nothing, and the
terminal speaks alone: where its times were set by hand, the doubtful past counts once, which is one limit more.
"""

import re
from pathlib import Path

from ..scenario import scenario
from ..sshd import Sshd
from ..waiting import now, wait_until

KEEPALIVES = ["ServerAliveInterval=2"]
PORT_OF_KEEPALIVES = 2022
TIOCSTI_ALLOWED = Path("/proc/sys/dev/tty/legacy_tiocsti")

TOUCHES = {
    "touch once": "touch $(tty)",
    "touch in a loop": "while :; do touch $(tty); done",
    "touch -a now and then": "(while :; do touch -a $(tty); sleep 1; done) &",
    "touch -a as fast as it can": "while :; do touch -a $(tty); done",
    "touch -d tomorrow": "touch -d tomorrow $(tty)",
    "touch -d tomorrow in a loop": "(while :; do touch -d tomorrow $(tty); sleep 1; done) &",
    "touch -r": "touch -r /etc/passwd $(tty)",
    "touch -r in a loop": "(while :; do touch /tmp/$$; touch -r /tmp/$$ $(tty); sleep 1; done) &",
    "chmod in a loop": "(while :; do chmod 600 $(tty); chmod 620 $(tty); sleep 1; done) &",
    "chown in a loop": "(while :; do chown $(id -u) $(tty); sleep 1; done) &",
}
FEEDERS = {
    "script(1) feeds an inner terminal": "script -qc 'while :; do sleep 1; echo busy; done' /dev/null",
    "expect(1) types into an inner terminal":
        "expect -c 'set timeout 1; spawn -noecho cat; while 1 { send x\\r; expect never }'",
    "python's pty: a typist in an inner terminal":
        "python3 -c \"import pty, os, time\npid, fd = pty.fork()\nif pid == 0: os.execvp('cat', ['cat'])\n"
        "while True: time.sleep(1); os.write(fd, b'x\\n'); os.read(fd, 100)\"",
    "output without end": "while :; do date; sleep 0.2; done",
}


def idles_after(name, command, doubted=False, needs=(), props=(), **how):
    """A scenario: the command is typed, and no key after it."""
    @scenario("evasion", name, "ended", needs=needs, props=props)
    def _(s):
        client = s.login(**how)
        s.ends(client, since=s.enter(client, command), doubted=doubted)


def sshd_that_asks(machine):
    """A server that asks its clients every 2 s whether they are there."""
    Sshd(["ClientAliveInterval 2", "ClientAliveCountMax 3", *machine.ssh_config], port=PORT_OF_KEEPALIVES)


for _name, _command in (TOUCHES | FEEDERS).items():
    idles_after(_name, _command, needs=["expect"] if "expect" in _name else [])
for _name, _command in TOUCHES.items():
    idles_after(f"{_name}, with keepalives", _command, doubted=True, settings=KEEPALIVES)
idles_after("keepalives of the client", "true", settings=KEEPALIVES)
idles_after("keepalives of the server", "true", port=PORT_OF_KEEPALIVES, props=[sshd_that_asks])


@scenario("evasion", "TIOCSTI: input pushed into one's own terminal", "ended")
def _(s):
    if not TIOCSTI_ALLOWED.exists() or TIOCSTI_ALLOWED.read_text().strip() == "0":
        s.skip("dev.tty.legacy_tiocsti is 0: the kernel does not let anybody")
    client = s.login()
    s.ends(client, s.enter(client, "python3 -c \"import fcntl, time\n"
                                   "while True: time.sleep(2); fcntl.ioctl(0, 0x5412, b'x')\""))


@scenario("evasion", "a second terminal on the connection, idle as the first", "ended")
def _(s):
    _, path = s.master()
    one, two = s.login(control=path), s.login(control=path)
    one.type("\n")
    key = two.type("\n")
    s.ends(one, since=key)  # the login's input, whichever of its terminals it came to
    s.ends(two, since=key)


# --- whatever is in front ------------------------------------------------------------------------------------


def in_front(name, command, shows="", late=0.0, **how):
    @scenario("evasion", name, "ended", **how)
    def _(s):
        client = s.login()
        key = s.enter(client, command)
        if shows:
            client.wait_for(re.compile(shows))
        # Most of the screen is the program's own, so no more is asked of it than that idled's words are there.
        s.ends(client, key, late=late, told=True)


in_front("the shell's prompt", "true")
in_front("a shell without TMOUT: exec env -u TMOUT bash --norc", "exec env -u TMOUT bash --norc", r"bash-\S+\$ \Z")
in_front("a shell that knows no TMOUT: dash", "dash", r"\n\$ \Z", needs=["dash"])
in_front("an open editor", "vi notes", "~", needs=["vi"])
in_front("an open pager", "less /etc/services", "tcpmux", needs=["less"])
in_front("a program that waits: sleep", "sleep 999")
in_front("a shell that ignores signals: trap '' HUP TERM INT", "trap '' HUP TERM INT", r"INT\n.*\$ \Z")
# What does not go with the hangup is sent SIGTERM half a second later, and SIGKILL 3 s after that.
in_front("a shell and a program in front that ignore signals", "trap '' HUP TERM INT; sleep 999", late=4.0)
in_front("a stopped shell: kill -STOP $$", "kill -STOP $$")
in_front("a terminal of mode 000", "chmod 000 $(tty)", r"tty\)\n.*\$ \Z")
in_front("the session leader is another program: exec cat", "exec cat")
in_front("the session leader calls itself sshd: exec -a", "exec -a 'sshd: nobody [priv]' cat")
in_front("a job that was forked twice", "( (sleep 998 & ) & ); sleep 999")
in_front("a job in a session of its own that holds the terminal", "setsid -f sleep 998; sleep 999")
in_front("a job without parent takes the terminal over", """python3 -c "import os, signal, time
if os.fork() or os.fork(): os._exit(0)
for number in (signal.SIGTTOU, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
os.setpgid(0, 0)
print('re' + 'parented')
while True:
    try: os.tcsetpgrp(0, os.getpid())
    except OSError: break
    time.sleep(0.1)" """, "reparented")


@scenario("evasion", "a command on a terminal, which ignores the hangup: ssh -tt host command", "ended")
def _(s):
    client = s.ssh('trap "" HUP; sleep 999')
    wait_until(client.shell_pid, "its first process")
    # No key is typed, so the terminal's making counts: after the client's start, and before its first process.
    s.ends(client, client.started_at, late=now() - client.started_at + 1)
