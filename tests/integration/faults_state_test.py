#!/usr/bin/python3
"""What the daemon writes and reads goes wrong: /run full or read-only, state that is damaged, a new program.

Each case has the machine for itself, with logins that stay in through all of them.
"""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.books import STATE, Books, Holdings, state_files  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.daemon import PROGRAM  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.rlogin import RloginHost  # noqa: E402
from idled_testing.waiting import now, until, wait_until  # noqa: E402

LIMIT = 3
POLICY = {"defaults": {"idle": "never"},
          "rules": [{"name": "idlers", "match": {"user": "alice"}, "idle": f"{LIMIT}s", "warn": ["1s"]}]}


def leaders(t):
    found = [session["leader_pid"] for session in t.machine.sessions()]
    assert len(found) == len(set(found)), f"known twice: {found}"
    return set(found)


def wait_until_known(t, *logins):
    wait_until(lambda: {login.pid for login in logins} <= leaders(t), "the logins to be known", timeout=8, every=0.2)


def assert_ends_on_time(t, login, low=LIMIT, high=LIMIT + 9):
    promise.assert_logged_out_between(login, login.last_key_at, low, high)
    promise.assert_told_why(login, limit=f"{LIMIT} seconds", rule="idlers")
    wait_until(lambda: login.pid not in leaders(t), "it to be forgotten")
    assert Books(t.machine).of(login.pid).fates == 1, Books(t.machine).of(login.pid).lines


def leave(t, *logins):
    for login in logins:
        login.leave()
        assert login.ended(10)
    wait_until(lambda: not leaders(t) & {login.pid for login in logins}, "them to be forgotten")
    for login in logins:
        assert Books(t.machine).of(login.pid).fates == 1, Books(t.machine).of(login.pid).lines


class SmallRun:
    """/run/idled as a file system of its own, of 64 kB, that can be filled or be made read-only."""

    def __init__(self):
        self._mounts = 1

    def __enter__(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "tmpfs", "/run/idled"], check=True)
        return self

    def fill(self):
        with Path("/run/idled/filler").open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)) == 4096:
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC

    def empty(self):
        Path("/run/idled/filler").unlink()

    def make_read_only(self):
        """For whoever goes by the path: the kernel refuses it to a mount with files open for writing."""
        subprocess.run(["mount", "--bind", "/run/idled", "/run/idled"], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", "/run/idled"], check=True)
        self._mounts += 1

    def __exit__(self, *_):
        for _ in range(self._mounts):
            subprocess.run(["umount", "--lazy", "/run/idled"], check=True)


def restart(t):
    assert t.machine.daemon.stop() == 0
    return t.machine.start_daemon()


@case("/run full: logins come, are ended on time and go; the log says what could not be kept")
def _(t):
    before = t.machine.rlogin.login("bob")
    assert t.machine.daemon.stop() == 0
    with SmallRun() as run:
        t.machine.start_daemon()
        run.fill()
        held = Holdings(t.machine.daemon.pid)
        alice, bob = t.machine.rlogin.login("alice"), t.machine.rlogin.login("bob")
        assert alice.registered and bob.registered
        alice.type("\n")
        t.machine.daemon.wait_for("cannot write /run/idled/sessions/")
        assert "No space left on device" in t.machine.daemon.log.text
        assert_ends_on_time(t, alice)
        assert not [name for name in state_files() if name.endswith(".new")], state_files()

        wait_until_known(t, before, bob)
        t.machine.daemon.kill()  # what is not on disk is found
        t.machine.start_daemon()
        wait_until_known(t, before, bob)
        run.empty()
        leave(t, bob)
        assert_holds(t, held)
        assert t.machine.daemon.stop() == 0
    t.machine.start_daemon()
    leave(t, before)
    assert not state_files()


@case("/run read-only: a running daemon goes on, says so, and who logs in is known")
def _(t):
    assert t.machine.daemon.stop() == 0
    with SmallRun() as run:
        t.machine.start_daemon()
        early = t.machine.rlogin.login("bob")
        run.make_read_only()
        alice = t.machine.rlogin.login("alice")
        alice.type("\n")
        assert alice.registered
        t.machine.daemon.wait_for("Read-only file system")
        assert_ends_on_time(t, alice)
        leave(t, early)
        assert t.machine.daemon.stop() == 0
        second = t.run([PROGRAM])
        assert second.wait(5) == 1 and "Read-only file system" in second.errors.text, second.evidence()
    t.machine.start_daemon()


@case("state that is damaged: each file is told and put away, and its login found again, once")
def _(t):
    damages = {
        "empty": lambda text: "",
        "truncated": lambda text: text[:len(text) // 2],
        "garbage": lambda text: os.urandom(len(text)).hex(),
        "an array": lambda text: "[1, 2]",
        "of another session": lambda text: text.replace('"id":"p', '"id":"q'),
        "of another boot": lambda text: text.replace('"boot_id":"', '"boot_id":"x'),
        "without a leader": lambda text: text.replace('"leader_pid"', '"leader"'),
    }
    logins = {name: t.machine.rlogin.login("bob") for name in damages}
    whole = t.machine.rlogin.login("bob")
    assert t.machine.daemon.stop() == 0
    for name, damage in damages.items():
        path = STATE / f"p{logins[name].pid}.json"
        path.write_text(damage(path.read_text()))
    (STATE / "half.json.new").write_text("{")
    daemon = t.machine.start_daemon()
    for name, login in logins.items():
        told = f"state of session p{login.pid} ignored: "
        wait_until(lambda told=told: told in daemon.log.text, f"the word on a file that is {name}")
    wait_until_known(t, whole, *logins.values())
    page = Books(t.machine).of(whole.pid)
    assert page.kinds["Restored"] == 1 and page.kinds["Found"] == 0, page.kinds
    kept = sorted(f"p{login.pid}.json" for login in [whole, *logins.values()])
    wait_until(lambda: state_files() == kept, f"the state of all, and nothing else: {kept}")
    leave(t, whole, *logins.values())
    assert not state_files()


@case("state from a newer version: what is known of it counts")
def _(t):
    login, idler = t.machine.rlogin.login("bob"), t.machine.rlogin.login("alice")
    key = idler.type("\n")
    assert t.machine.daemon.stop() == 0
    for each in (login, idler):
        path = STATE / f"p{each.pid}.json"
        state = json.loads(path.read_text())
        state |= {"version": 99, "colour": {"deep": [1, 2, {"x": None}]}, "terminals": state.get("terminals", []) + [7]}
        state["login"] |= {"mood": "good", "kind": 99}
        path.write_text(json.dumps(state))
    t.machine.start_daemon()
    assert leaders(t) >= {login.pid, idler.pid}
    page = Books(t.machine).of(login.pid)
    assert page.kinds["Restored"] == 1 and page.kinds["Found"] == 0, page.kinds
    assert idler.last_key_at == key
    assert_ends_on_time(t, idler)
    leave(t, login)


@case("a kick that a newer version wrote otherwise ends nobody")
def _(t):
    login = t.machine.rlogin.login("bob")
    assert t.machine.daemon.stop() == 0
    path = STATE / f"p{login.pid}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"kick": {"when": "soon"}}))
    t.machine.start_daemon()
    wait_until_known(t, login)
    until(now() + 2)
    assert not login.ended() and login.is_alive()
    leave(t, login)


@case("upgraded in place: the old program goes on, the new one takes over, nobody is lost or early")
def _(t):
    stays, idler = t.machine.rlogin.login("bob"), t.machine.rlogin.login("alice")
    held = Holdings(t.machine.daemon.pid)
    old = Path(PROGRAM).stat().st_ino
    shutil.copy2(PROGRAM, f"{PROGRAM}.dpkg-new")  # as a package manager does
    os.rename(f"{PROGRAM}.dpkg-new", PROGRAM)
    assert Path(PROGRAM).stat().st_ino != old
    assert os.readlink(f"/proc/{t.machine.daemon.pid}/exe").endswith(" (deleted)")

    between = t.machine.rlogin.login("bob")
    t.machine.daemon.reload()
    t.machine.daemon.wait_for("Policy in force")
    wait_until_known(t, stays, between)
    idler.type("\n")
    restart(t)
    assert Path(f"/proc/{t.machine.daemon.pid}/exe").stat().st_ino == Path(PROGRAM).stat().st_ino
    assert leaders(t) >= {stays.pid, between.pid}
    assert_ends_on_time(t, idler)
    for login in (stays, between):
        page = Books(t.machine).of(login.pid)
        assert page.taken == 1 and not login.ended(), page.lines
    leave(t, between)
    assert_holds(t, held, logins=-1)
    leave(t, stays)


def assert_holds(t, before, logins=0):
    """As many descriptors as before, and one for each of so many logins more."""
    wait_until(lambda: Holdings(t.machine.daemon.pid).total == before.total + logins,
               f"{before.total + logins} descriptors", timeout=3)


def prepare():
    machine = Machine(start_sshd=False)
    machine.start_daemon(POLICY)
    machine.rlogin = RloginHost()
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))
