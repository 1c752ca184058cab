#!/usr/bin/python3
"""Processes that are not what they were: leaders that fork and exit, pids that come back, and what outruns a kill."""

import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, proc, promise  # noqa: E402
from idled_testing.books import STATE, Books, Holdings, state_files  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.rlogin import RloginHost  # noqa: E402
from idled_testing.waiting import now, until, wait_until  # noqa: E402

LIMIT = 4
POLICY = {"defaults": {"idle": "10m"},
          "rules": [{"name": "idlers", "match": {"user": "alice"}, "idle": f"{LIMIT}s", "warn": ["1s"]},
                    {"name": "nothing stays", "match": {"user": "bob"}, "idle": f"{LIMIT}s", "warn": ["1s"],
                     "leftovers": "kill"}]}


def leaders(t):
    return [session["leader_pid"] for session in t.machine.sessions()]


def wait_until_gone(pid):
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), f"process {pid} to be gone and waited for", timeout=5)


@case("a leader that forks and exits: its login is found under the child, and ended on time")
def _(t):
    login = t.machine.rlogin.login("alice")
    old = login.pid
    wait_until(lambda: leaders(t) == [old], "the login")
    key = login.type("\n")
    login.hand_over()
    wait_until_gone(old)
    child = wait_until(lambda: [pid for pid in leaders(t) if pid != old], "the child to be found", 6)[0]
    assert proc.name(child) == "in.rlogind" and len(leaders(t)) == 1
    promise.assert_logged_out_between(login, key, LIMIT, LIMIT + 10)
    wait_until(lambda: Books(t.machine).of(child).fates == 1, "the fate of the one")
    assert Books(t.machine).of(old).fates == 1, "and of the other"


def come_back(t, pid, **how):
    """A process of that pid, which must be free; started in another tick of the clock than the one before."""
    time.sleep(0.05)
    other = t.machine.rlogin.begin("carol", pid=pid, **how)
    other.wait_until_open(5)
    assert other.pid == pid
    return other


def kill_unseen(t, login):
    """Ends a login by force while the daemon is stopped, and its shell with it."""
    t.machine.daemon.process.freeze()
    login.signal(signal.SIGKILL)
    wait_until_gone(login.pid)
    assert login.ended(5)


@case("a pid that comes back while the daemon sleeps: the stranger is never signalled, nor taken for the login")
def _(t):
    login = t.machine.rlogin.login("alice")
    wait_until(lambda: login.pid in leaders(t), "the login")
    assert t.machine.idlectl("kick", f"p{login.pid}", "--in", "2s", "--no-wait").status == 0
    kill_unseen(t, login)
    stranger = come_back(t, login.pid, innocent=True)
    time.sleep(2.5)
    t.machine.daemon.process.thaw()
    assert_spared(t, stranger)
    assert Books(t.machine).of(login.pid).fates == 1


@case("a pid that comes back while no daemon runs: its state is not taken for the stranger's")
def _(t):
    login = t.machine.rlogin.login("alice")
    wait_until(lambda: login.pid in leaders(t), "the login")
    assert t.machine.idlectl("kick", f"p{login.pid}", "--in", "1s", "--no-wait").status == 0
    t.machine.daemon.kill()
    login.signal(signal.SIGKILL)
    wait_until_gone(login.pid)
    stranger = come_back(t, login.pid, innocent=True)
    t.machine.start_daemon()
    time.sleep(1.5)
    assert_spared(t, stranger)
    assert Books(t.machine).of(login.pid).fates == 1
    assert f"p{login.pid}.json" not in state_files()


def assert_spared(t, stranger):
    until(now() + 2)
    assert not stranger.ended() and stranger.is_alive(), "a process that has only the pid was ended"
    assert stranger.pid not in leaders(t)
    stranger.signal(signal.SIGKILL)


@case("a pid that comes back as another login: the old one is closed, the new one is known, and stays")
def _(t):
    login = t.machine.rlogin.login("alice")
    wait_until(lambda: login.pid in leaders(t), "the login")
    t.machine.daemon.process.freeze()
    login.signal(signal.SIGKILL)
    wait_until_gone(login.pid)
    time.sleep(0.05)
    other = t.machine.rlogin.begin("carol", pid=login.pid)
    time.sleep(0.3)  # it registers, and waits
    t.machine.daemon.process.thaw()
    other.wait_until_open(5)
    assert other.registered and other.pid == login.pid
    wait_until(lambda: leaders(t) == [other.pid], "the other login")
    assert t.machine.sessions()[0]["user"] == "carol"
    assert (STATE / f"p{other.pid}.json").exists()
    until(now() + LIMIT + 9)  # when the first would have been ended
    assert not other.ended() and leaders(t) == [other.pid]
    other.leave()
    assert other.ended(5)
    wait_until(lambda: not leaders(t), "it to be forgotten")
    page = Books(t.machine).of(other.pid)
    assert page.taken == 2 and page.fates == 2, page.lines


def hoppers():
    return [pid for pid in proc.pids() if proc.name(pid) == "hopper"]


for how in ("the process tree", "the audit session"):
    @case(f"processes that fork faster than they are killed are gone when the login is, by {how}")
    def _(t, how=how):
        host = t.machine.rlogin if how == "the process tree" else t.machine.audited
        if host is t.machine.audited and "4294967295" in audit_session_of(host):
            t.skip("this kernel has no audit sessions")
        login, other = host.login("bob"), host.login("carol")
        key = login.type("hop\n")
        wait_until(hoppers, "a hopper", every=0)
        promise.assert_logged_out_between(login, key, LIMIT, LIMIT + 16)
        wait_until(lambda: login.pid not in leaders(t), "it to be forgotten", timeout=15)
        seen = [found for _ in range(200) if (found := hoppers())]
        assert not seen, f"still hopping: {seen[:3]}"
        page = Books(t.machine).of(login.pid)
        assert page.kinds["Logged out"] == 1 and page.fates == 1, page.lines
        assert other.is_alive() and not other.ended(), "somebody else's was ended, too"
        other.leave()
        assert other.ended(5)


def audit_session_of(host):
    login = host.login("carol")
    session = proc.read(login.pid, "sessionid").decode()
    login.leave()
    assert login.ended(5)
    return session


@case("and nothing is held or left")
def _(t):
    wait_until(lambda: not leaders(t) and not state_files(), "all to be forgotten")
    held = Holdings(t.machine.daemon.pid)
    assert t.machine.daemon.stop() == 0
    fresh = t.machine.start_daemon().pid
    wait_until(lambda: Holdings(fresh).descriptors == held.descriptors, f"a new one to hold {held}", timeout=3)
    assert not [pid for pid in proc.pids() if proc.name(pid) in ("shell", "hopper", "in.rlogind")]


def prepare():
    # The pids of strangers must be free, and those of the next processes are not near.
    machine = Machine(start_sshd=False)
    machine.start_daemon(POLICY)
    machine.rlogin = RloginHost()
    machine.audited = RloginHost("session required pam_loginuid.so\nsession optional pam_idled.so", "rlogin-audited")
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))
