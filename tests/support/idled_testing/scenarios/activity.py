"""What counts as activity where the policy says so: output, a working job, bytes on the wire."""

import re

from .. import proc
from ..scenario import scenario
from ..waiting import now, until, wait_until

OUTPUT, JOB, NETWORK = {"activity": "output"}, {"activity": "job"}, {"no_terminal": "network"}
DONE = re.compile(r"done-(2)\n")

# Each takes the seconds for which it works, says nothing, and uses little of the tests' machine.
COMPUTES = """python3 -c "import time
end = time.monotonic() + {0}
while time.monotonic() < end:
    stop = time.process_time() + 0.05
    while time.process_time() < stop: pass
    time.sleep(0.2)" """
WRITES = """python3 -c "import os, time
end = time.monotonic() + {0}
file = os.open('/tmp/written-{0}-%d' % os.getpid(), os.O_RDWR | os.O_CREAT)
while time.monotonic() < end:
    os.pwrite(file, bytes(65536), 0)
    time.sleep(0.5)" """
OF_CHILDREN = "sh -c 'for i in $(seq {0}); do head -c 2000000 /dev/zero | sha256sum >/dev/null; sleep 0.9; done'"
PRINTS = "sh -c 'for i in $(seq {0}); do echo building $i; sleep 1; done'"


def works(name, command, settings):
    """Kept while it works, for two limits and more, and ended on time after."""
    @scenario("activity", name, "ended", settings=settings, means="idled", limits=8)
    def _(s):
        client = s.login()
        lasts = int(2.5 * s.limit)
        started = s.enter(client, command.format(lasts) + "; echo done-$((1+1))")
        s.stays(client, started + lasts)
        done = client.wait_for(DONE, lasts).time
        s.ends(client, done)


def is_idle(name, command, settings):
    @scenario("activity", name, "ended", settings=settings, means="idled")
    def _(s):
        client = s.login()
        s.ends(client, s.enter(client, command))


works("activity output: a build that prints", PRINTS, OUTPUT)
works("activity job: a job that computes", COMPUTES, JOB)
works("activity job: a job that writes a file", WRITES, JOB)
works("activity job: a job whose children work", OF_CHILDREN, JOB)
is_idle("activity input: a build that prints", PRINTS.format(999), {})
is_idle("activity output: a shell at its prompt", "true", OUTPUT)
is_idle("activity output: a job that says nothing", "sleep 999", OUTPUT)
is_idle("activity output: a job that works and says nothing", COMPUTES.format(999), OUTPUT)
is_idle("activity job: a shell at its prompt", "true", JOB)
is_idle("activity job: a job that sleeps", "sleep 999", JOB)
is_idle("activity job: a job that works in the background, behind an idle prompt", COMPUTES.format(999) + " &", JOB)

for _settings, _said in ((OUTPUT, "output"), (JOB, "job")):
    @scenario("activity", f"activity {_said}: a used shell", "kept", settings=_settings | {"tmout": "off"},
              means="idled")
    def _(s):
        client = s.login()
        client.type("\n")
        s.ends(client, s.types(client, "x"))


# --- logins without a terminal -------------------------------------------------------------------------------


@scenario("network", "no_terminal network: ssh -N that carries nothing", "ended", settings=NETWORK, means="idled")
def _(s):
    client = s.ssh(no_command=True, arguments=["-L", f"{10000 + int(s.user[1:].split('-')[0])}:127.0.0.1:22"])
    s.ends(client, client.started_at, late=now() - client.started_at)


@scenario("network", "no_terminal network: sftp, waiting for its user", "ended", settings=NETWORK, means="idled")
def _(s):
    # sftp(1) itself would not end before its user types: it is the subsystem, with nobody at the other end.
    client = s.ssh("sftp", tty=False, arguments=["-s"])
    s.ends(client, client.started_at, late=now() - client.started_at)


def ends_after_word(s, client, word):
    """Counts from when the word was on the wire: before it was seen here, by half a second on a busy machine."""
    s.ends(client, client.wait_for(word).time - 0.5, late=0.5)


@scenario("network", "no_terminal network: a command that neither says nor hears anything", "ended", settings=NETWORK,
          means="idled")
def _(s):
    client = s.ssh("echo here; sleep 999", tty=False)
    ends_after_word(s, client, "here")


@scenario("network", "no_terminal network: an upload of a byte now and then, then nothing", "ended", settings=NETWORK,
          means="idled", limits=8)
def _(s):
    client = s.ssh("cat >/dev/null", tty=False)
    wait_until(client.shell_pid, "its first process")
    end = now() + 2.5 * s.limit
    while now() < end:
        byte = client.type("x")
        s.stays(client, now() + 3)
    s.ends(client, byte)


@scenario("network", "no_terminal network: a download of a byte now and then, then nothing", "ended", settings=NETWORK,
          means="idled", limits=8)
def _(s):
    client = s.ssh(f"for i in $(seq {int(s.limit)}); do printf x; sleep 2.5; done; echo last; sleep 999", tty=False)
    s.stays(client, now() + 2.5 * s.limit - 1)
    ends_after_word(s, client, "last")


@scenario("network", "no_terminal network: a tunnel that is used, then not", "ended", settings=NETWORK, means="idled",
          limits=8)
def _(s):
    port = 10000 + int(s.user[1:].split("-")[0])
    tunnel = s.ssh(no_command=True, arguments=["-L", f"{port}:127.0.0.1:22"])
    inner = s.login(port=port)
    end = now() + 2.5 * s.limit
    while now() < end:
        key = inner.type("\n")
        s.stays(tunnel, now() + s.limit / 4)
    inner.close()
    s.ends(tunnel, key, late=s.limit / 4 + 1)  # the end of what went through it is bytes, too


@scenario("network", "no_terminal network says nothing of terminals", "ended", settings=NETWORK, means="idled")
def _(s):
    client = s.login(settings=["ServerAliveInterval=2"])
    s.ends(client, client.type("\n"))


# --- what was left running, with leftovers kill --------------------------------------------------------------

KILL = {"leftovers": "kill"}


def killed(name, command, needs=()):
    @scenario("leftovers", f"leftovers kill: {name}", "ended", settings=KILL, means="idled", needs=needs)
    def _(s):
        other = s.login()
        other.run("(nohup setsid sleep 303 >/dev/null 2>&1 &)")
        client = s.login()
        key = s.enter(client, command)
        left = wait_until(lambda: set(client.processes()) - {client.shell_pid()}, "what is left to begin")
        s.test.log(f"left: {left}; all of the login: {client.processes()}")
        until(key + s.limit / 2)
        other.type("\n")  # so that it is not idle itself by then
        used = proc.cpu_seconds(s.machine.daemon.pid)
        s.ends(client, key)
        wait_until(lambda: not client.processes(), f"{client.processes()} to be gone", timeout=6)
        used = proc.cpu_seconds(s.machine.daemon.pid) - used
        assert used < 0.5, f"the daemon has computed for {used:.2f} s, and not waited"
        kept = other.processes()
        assert len(kept) >= 2, f"of the other login of the same user only {kept} is left"


killed("a job of nohup", "nohup sleep 301 >/dev/null 2>&1 &")
killed("a job of nohup and setsid", "nohup setsid sleep 301 >/dev/null 2>&1 &")
killed("a daemon that was forked twice, and ignores SIGHUP and SIGTERM",
       "(trap '' HUP TERM; setsid -f sh -c 'while :; do sleep 9; done' </dev/null >/dev/null 2>&1)")
killed("a detached tmux", "tmux new-session -d -s work 'sleep 302'", needs=["tmux"])
killed("a detached screen", "screen -dmS work sleep 302", needs=["screen"])
