#!/usr/bin/python3
"""The daemon is killed at every step of what it does for a login, and started again, dozens of times, under load.

A step is a system call that the login is about (support/idled_testing/syscalls.py). What must hold each time: who
logs in is known, once; nobody ends before their time, everybody ends who should; nothing is left behind.
"""

import signal
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.books import STATE, Books, Holdings, state_files  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.rlogin import RloginHost  # noqa: E402
from idled_testing.syscalls import KILL, Steps, SystemCalls  # noqa: E402
from idled_testing.waiting import BLOCK, now, until_block_phase, wait_until  # noqa: E402

LIMIT = 2
POLICY = {"defaults": {"idle": "never", "tmout": "limit"},
          "rules": [{"name": "idlers", "match": {"user": "alice"}, "idle": f"{LIMIT}s", "warn": ["1s"]},
                    {"name": "typists", "match": {"user": "bob"}, "idle": "5s", "warn": ["1s"]},
                    {"name": "bystanders", "match": {"user": "carol"}, "idle": "10m"}]}
AT_ONCE = 16  # logins whose time comes in the same second


class Load:
    """Bystanders, who do nothing, and typists, who type so often that they must stay."""

    def __init__(self, host):
        self.bystanders = [host.login("carol") for _ in range(20)]
        self.typists = [host.login("bob") for _ in range(5)]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._type)
        self._thread.start()

    def _type(self):
        while not self._over.wait(1):
            for typist in self.typists:
                typist.type("\n")

    def end(self):
        """All of them are still there; then they leave."""
        self._over.set()
        self._thread.join()
        everybody = self.bystanders + self.typists
        gone = [login.pid for login in everybody if login.ended()]
        assert not gone, f"ended wrongly: {gone}"
        for login in everybody:
            login.leave()
        for login in everybody:
            assert login.ended(10)


def restart(machine, killed):
    """When it has been killed; once more if it is killed while it starts."""
    machine.daemon.process.wait()
    assert machine.daemon.process.status == 128 + signal.SIGKILL
    while True:
        killed.clear()
        try:
            return machine.start_daemon()
        except AssertionError:
            if not killed.is_set():
                raise


def assert_known_once(machine, logins):
    """Each of them that is there, and nobody twice."""
    def unknown():
        leaders = [session["leader_pid"] for session in machine.sessions()]
        assert len(leaders) == len(set(leaders)), f"known twice: {leaders}"
        return {login.pid for login in logins if not login.ended()} - set(leaders)
    # What nobody announced is looked for 2 s after its terminal was made.
    wait_until(lambda: not unknown(), "all logins to be known", timeout=8, every=0.2)


def assert_books_balance(machine, logins, twice=()):
    """Every login has been taken up and has one fate; `twice`: those whose end may be told twice."""
    wait_until(lambda: not machine.sessions(), "the last session to be forgotten")
    books = Books(machine)
    for login in logins:
        page = books.of(login.pid)
        known = page.taken or page.kinds["Restored"]
        most = 2 if login.pid in twice else 1
        assert known and 1 <= page.fates <= most, f"leader {login.pid}: {page.kinds}\n" + "\n".join(page.lines)
    assert not state_files(), f"left behind: {state_files()}"


@case("at every step of Register: the login proceeds, and is known", timeout=200)
def _(t):
    host, load = t.machine.rlogin, Load(t.machine.rlogin)
    begun = count_register_steps(t)
    t.log(f"steps: {begun}")
    assert len(begun) >= 12 and any("rename" in step for step in begun), begun
    logins = []
    for at in range(1, len(begun) + 1):
        step = RegisterSteps(t.machine.daemon.pid, at)
        t.machine.calls.judge = step
        logins.append(host.begin("carol"))
        assert step.killed.wait(10), f"step {at} was not reached: {step.seen}"
        t.machine.calls.judge = None
        logins[-1].wait_until_open(4)
        restart(t.machine, step.killed)
    assert_known_once(t.machine, logins + load.bystanders + load.typists)
    for login in logins:
        login.leave()
        assert login.ended(10)
    load.end()
    assert_books_balance(t.machine, logins + load.bystanders + load.typists)


class RegisterSteps:
    """The daemon's calls while somebody logs in, but for those of typists and the clock: reads of terminals.

    Kills it at the one of that number; at 0, none.
    """

    def __init__(self, pid, at=0):
        self.seen, self.killed = [], threading.Event()
        self._pid, self._at = pid, at  # it has a child, too, which asks for the groups

    def __call__(self, call):
        if self.killed.is_set() or call.pid != self._pid or "inotify" in call.path or "/pts" in call.path:
            return None
        self.seen.append(f"{call.name} {call.path}")
        if len(self.seen) != self._at:
            return None
        self.killed.set()
        return KILL


def count_register_steps(t):
    time.sleep(0.3)
    t.machine.calls.judge = steps = RegisterSteps(t.machine.daemon.pid)
    login = t.machine.rlogin.login("carol")
    time.sleep(0.3)
    t.machine.calls.judge = None
    login.leave()
    assert login.ended(10)
    return steps.seen


def idle_login(t, ignores=()):
    login = t.machine.rlogin.login("alice", ignores=ignores)
    login.type("\n")
    return login


def undisturbed_steps(t, ignores):
    """What the daemon does for a login from its last key on."""
    steps = Steps(t.machine.calls)
    until_block_phase(4)
    login = idle_login(t, ignores)
    steps.enter(login)
    assert login.ended(40)
    wait_until(lambda: not Path(STATE, f"p{login.pid}.json").exists(), "it to be forgotten")
    time.sleep(0.2)
    return steps.seen[login.pid]


def kill_at_each(t, chosen, ignores=()):
    """A login for each of these steps; the daemon dies at it. Returns the logins, and those that died closing."""
    steps, logins, closing = Steps(t.machine.calls), [], set()
    for first in range(0, len(chosen), AT_ONCE):
        until_block_phase(4)
        batch = [idle_login(t, ignores) for _ in chosen[first:first + AT_ONCE]]
        for login, at in zip(batch, chosen[first:]):
            steps.enter(login, at)
        logins += batch
        deadline = now() + 60
        while not all(login.ended() for login in batch):
            assert now() < deadline, f"STILL LOGGED IN: {[login.pid for login in batch if not login.ended()]}"
            if steps.killed.wait(0.1):
                restart(t.machine, steps.killed)
        while steps.killed.wait(0.5):
            restart(t.machine, steps.killed)
    for login, at in zip(logins, chosen):
        if len(steps.seen[login.pid]) >= at and any("unlink" in step for step in steps.seen[login.pid][at - 1:at]):
            closing.add(login.pid)
    t.machine.calls.judge = None
    t.log(f"{sum(len(steps.seen[login.pid]) >= at for login, at in zip(logins, chosen))} of {len(chosen)} died")
    return logins, closing


def assert_ended_in_time(logins):
    """Not before their limit, and told why. How late is the daemon's absence."""
    for login in logins:
        lasted = login.ended_at - login.last_key_at
        assert lasted >= LIMIT, f"leader {login.pid} ended {LIMIT - lasted:.2f} s EARLY"
        assert lasted <= LIMIT + BLOCK + 30, f"leader {login.pid} ended after {lasted:.1f} s"
        text = login.output.text
        assert promise.WARNING.search(text) and "Logged out by idled: no input" in text, text


@case("at every step from the last key to the end: nobody ends early, nobody is forgotten", timeout=280)
def _(t):
    load = Load(t.machine.rlogin)
    path = undisturbed_steps(t, ())
    t.log("\n".join(path))
    for wanted in ("rename", "write /dev/pts", "ioctl /dev/pts", "pidfd_send_signal", "unlink", "pidfd_getfd"):
        assert any(wanted in step for step in path), f"no {wanted} in {path}"
    logins, closing = kill_at_each(t, list(range(1, len(path) + 1)))
    assert_ended_in_time(logins)
    assert_known_once(t.machine, load.bystanders + load.typists)
    load.end()
    assert_books_balance(t.machine, logins + load.bystanders + load.typists, closing)


@case("on the long way down, where a shell is deaf to SIGHUP and SIGTERM", timeout=280)
def _(t):
    deaf = (signal.SIGHUP, signal.SIGTERM)
    path = undisturbed_steps(t, deaf)
    assert sum("pidfd_send_signal" in step for step in path) >= 4, path
    every = max(1, len(path) // AT_ONCE)
    logins, closing = kill_at_each(t, list(range(every, len(path) + 1, every)), deaf)
    assert_ended_in_time(logins)
    assert_books_balance(t.machine, logins, closing)


@case("restarted more than fifty times under that load, it holds what it held")
def _(t):
    lives = t.machine.daemon_logs()
    assert len(lives) > 50, f"{len(lives)} starts"
    assert not t.machine.sessions()
    time.sleep(0.2)
    after = Holdings(t.machine.daemon.pid)
    assert after.watches == 3, "of /dev/pts, of /dev and of utmp"
    t.log(f"{after}")
    t.machine.daemon.stop()
    fresh = t.machine.start_daemon().pid
    wait_until(lambda: Holdings(fresh).descriptors == after.descriptors, f"a new one to hold {after}", timeout=3)
    assert not state_files()


def prepare():
    machine = Machine(start_sshd=False)
    machine.calls = SystemCalls()
    machine.start_daemon(POLICY)
    machine.rlogin = RloginHost()
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))
