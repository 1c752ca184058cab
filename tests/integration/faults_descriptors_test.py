#!/usr/bin/python3
"""The daemon has no descriptor left, and clients die in mid-call."""

import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, proc, promise  # noqa: E402
from idled_testing.books import Books, Holdings, state_files  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.daemon import SOCKET  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.rlogin import RloginHost  # noqa: E402
from idled_testing.waiting import now, wait_until  # noqa: E402

LIMIT = 8


def limit_descriptors(pid, number):
    """The soft limit, which comes up again without any right."""
    subprocess.run(["prlimit", f"--nofile={number}:", "--pid", str(pid)], check=True)


def known(t):
    leaders = [session["leader_pid"] for session in t.machine.sessions()]
    assert len(leaders) == len(set(leaders)), leaders
    return set(leaders)


@case("no descriptor is left: who is known stays so, who comes gets in at once and is found later", timeout=90)
def _(t):
    pid, host = t.machine.daemon.pid, t.machine.rlogin
    early = [host.login("alice") for _ in range(3)]
    before = Holdings(pid)
    limit_descriptors(pid, max(int(fd.name) for fd in Path(f"/proc/{pid}/fd").iterdir()) + 6)
    late = []
    used, began = proc.cpu_seconds(pid), now()
    for _ in range(12):
        late.append(host.login("alice"))
        assert late[-1].took < 1, f"a login waited {late[-1].took:.1f} s for a daemon that is full"
    t.machine.daemon.wait_for("Too many open files")
    time.sleep(2)
    spent = proc.cpu_seconds(pid) - used
    assert spent < 0.25 * (now() - began), f"{spent:.2f} s of the processor in {now() - began:.1f} s: it spins"
    assert not [login for login in early + late if login.ended()], "ended for want of a descriptor"

    limit_descriptors(pid, 4096)
    everybody = {login.pid for login in early + late}
    wait_until(lambda: known(t) == everybody, "all of them to be known", timeout=25, every=0.5)
    for login in early:
        page = Books(t.machine).of(login.pid)
        assert page.taken == 1 and page.fates == 0, page.lines
    for login in early + late:
        login.leave()
        assert login.ended(10)
    wait_until(lambda: not known(t), "all of them to be forgotten")
    assert all(Books(t.machine).of(login.pid).fates >= 1 for login in early + late)
    assert not state_files()
    wait_until(lambda: Holdings(pid).total == before.total - len(early), "the descriptors to be given back", timeout=3)


def leave_descriptors(pid, count):
    used = {int(fd.name) for fd in Path(f"/proc/{pid}/fd").iterdir()}
    free = [number for number in range(len(used) + count + 1) if number not in used]
    limit_descriptors(pid, free[count])


@case("a daemon that is full warns and ends those whom it knows, on time, and does what it is told", timeout=90)
def _(t):
    pid = t.machine.daemon.pid
    # A call takes one for itself and one for its answer; and the daemon first takes back what it lent from its reserve,
    # and had given away, in the rounds before.
    enough = 8
    for left in (0, 1, 3, enough):
        idle, working = t.machine.rlogin.login("bob"), t.machine.rlogin.login("dave")
        kicked = t.machine.rlogin.login("carol") if left == enough else None
        key = idle.type("\n")
        wait_until(lambda: {idle.pid, working.pid} <= known(t), "the logins")
        leave_descriptors(pid, left)
        if kicked:
            done = t.machine.idlectl("kick", f"p{kicked.pid}")
            assert done.status == 0, done
            assert kicked.ended(5)
        promise.assert_logged_out_between(idle, key, LIMIT, LIMIT + 10)
        promise.assert_logged_out_between(working, key, LIMIT, LIMIT + 10)
        limit_descriptors(pid, 4096)
        page = wait_until(lambda: (page := Books(t.machine).of(idle.pid)).kinds["Logged out"] and page, "the record")
        assert page.kinds["Warned"] == 1, page.lines


@case("a daemon that cannot look for want of descriptors takes no warning back, and ends nobody unseen")
def _(t):
    login, pid = t.machine.rlogin.login("bob"), t.machine.daemon.pid
    login.type("\n")
    wait_until(lambda: Books(t.machine).of(login.pid).kinds["Warned"], "the warning", timeout=20)
    limit_descriptors(pid, 3)  # so that its reserve is of no use either
    t.machine.daemon.wait_for("cannot be looked at for want of descriptors")
    time.sleep(LIMIT)
    assert not login.ended(), "it was ended by a daemon that cannot see it"
    limit_descriptors(pid, 4096)
    assert login.ended(3), "it was given time for what the daemon did not see"
    page = wait_until(lambda: (page := Books(t.machine).of(login.pid)).kinds["Logged out"] and page, "the record")
    assert page.kinds["Warned"] == 1, page.lines


@case("clients that die in mid-call leave nothing, and keep nobody waiting")
def _(t):
    pid = t.machine.daemon.pid
    before = Holdings(pid)
    for number in range(300):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(SOCKET))
            client.sendall(PIECES[number % len(PIECES)])
            # Closed with an answer unread, or on its way, or a call half sent.
    began = now()
    assert t.machine.idlectl("status").status == 0
    assert now() - began < 1
    wait_until(lambda: Holdings(pid).total == before.total, f"{before.total} descriptors", timeout=3)


@case("a client that is killed while it waits: the kick is done all the same")
def _(t):
    login = t.machine.rlogin.login("alice", ignores=(1, 15))  # takes seconds to end
    before = Holdings(t.machine.daemon.pid)
    wait_until(lambda: login.pid in known(t), "the login")
    client = t.run(["idlectl", "kick", f"p{login.pid}"])
    t.machine.daemon.wait_for(f"Logging out session p{login.pid} ")
    client.signal(9)
    assert login.ended(15)
    wait_until(lambda: login.pid not in known(t), "it to be forgotten")
    page = Books(t.machine).of(login.pid)
    assert page.kinds["Logged out"] == 1 and page.fates == 1, page.lines
    wait_until(lambda: Holdings(t.machine.daemon.pid).total == before.total - 1, "its descriptors", timeout=3)


LIST = b'{"method":"io.idled.Sessions.List","parameters":{},"more":true}\0'
PIECES = [LIST, LIST * 20, LIST[:30], LIST + LIST[:10], b"\0", b"{", b'{"method":7}\0', b"[" * 5000,
          b'{"method":"io.idled.Sessions.Status"}\0', b'{"method":"io.idled.Sessions.Reload"}\0']


def prepare():
    machine = Machine(("alice", "bob", "carol", "dave"), start_sshd=False)
    machine.start_daemon({"defaults": {"idle": "10m", "tmout": "limit"},
                          "rules": [{"name": "bob's", "match": {"user": "bob"}, "idle": f"{LIMIT}s", "warn": ["6s"]},
                                    {"name": "dave's", "match": {"user": "dave"}, "idle": f"{LIMIT}s", "warn": ["6s"],
                                     "activity": "job"}]})
    machine.rlogin = RloginHost()
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))
