#!/usr/bin/python3
"""utmp is truncated, garbage, huge, gone, back, and changes while it is read: logins are found and ended all the same."""

import os
import struct
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, proc, promise  # noqa: E402
from idled_testing.books import Books, Holdings, state_files  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.rlogin import RloginHost  # noqa: E402
from idled_testing.waiting import now, wait_until  # noqa: E402

LIMIT = 3
POLICY = {"defaults": {"idle": "never"},
          "rules": [{"name": "idlers", "match": {"user": "alice"}, "idle": f"{LIMIT}s", "warn": ["1s"]}]}
UTMP = Path("/run/utmp")
SEARCH_AT_MOST = 10  # seconds from a sign of an arrival to the search, where the last search took long
RECORD = struct.Struct("hi32s4s32s256shhiii4i20x")  # utmp(5), on 64-bit Linux
USER_PROCESS = 7


def record(line, user="alice", host="192.0.2.1", pid=4711):
    return RECORD.pack(USER_PROCESS, pid, line.encode(), b"ts", user.encode(), host.encode(), 0, 0, 0,
                       int(time.time()), 0, 0, 0, 0, 0)


assert RECORD.size == 384


def rewrite_without_pause(over):
    """Longer and shorter, and never whole for long."""
    while not over.is_set():
        with UTMP.open("wb", buffering=0) as file:
            for index in range(200):
                file.write(record(f"pts/{index}")[:384 - index])
            os.ftruncate(file.fileno(), 1000)


# What becomes of the file, and of the one before: each stays as it is while a login comes, idles and ends.
STATES = {
    "truncated in a record": lambda: UTMP.write_bytes(record("pts/0") + record("pts/1")[:100]),
    "empty": lambda: UTMP.write_bytes(b""),
    "garbage": lambda: UTMP.write_bytes(os.urandom(384 * 50 + 7)),
    "huge": lambda: UTMP.write_bytes(record("pts/0") * 100_000),
    "sparse, of many gigabytes": lambda: os.truncate(UTMP, 1 << 36),
    "gone": lambda: UTMP.unlink(),
    "a folder": lambda: UTMP.mkdir(),
    "back, with records of nobody": lambda: (UTMP.rmdir(), UTMP.write_bytes(record("pts/0", pid=1) + record("../x"))),
}


@case("in every state of the file a login that nobody announced is found, once, and ended on time", timeout=150)
def _(t):
    host = t.machine.unannounced
    before = Holdings(t.machine.daemon.pid)
    for state, bring_about in STATES.items():
        bring_about()
        login = host.login("alice")
        key = login.type("\n")
        # On a slow machine the search before this one, of a huge file, took so long that this one comes as late as one may.
        wait_until(lambda: [s for s in t.machine.sessions() if s["leader_pid"] == login.pid], f"{state}: to be found",
                   timeout=SEARCH_AT_MOST + 4, every=0.2)
        promise.assert_logged_out_between(login, key, LIMIT, LIMIT + SEARCH_AT_MOST + 10)
        assert Books(t.machine).of(login.pid).taken == 1, state
        t.log(f"{state}: ended after {login.ended_at - key:.1f} s")
    wait_until(lambda: not state_files(), "the last to be forgotten")
    after = Holdings(t.machine.daemon.pid)
    # Fewer, where the connection of a list was still open at the beginning.
    assert after.total <= before.total, f"{before}, {after}"
    # Of /dev/pts, of /dev, and of a utmp that is no more.
    assert after.watches <= before.watches, f"{before}, {after}"
    after.assert_grew_at_most(20_000, before)
    assert len(Books(t.machine).pages) == len(STATES), "a record of nobody made a login"


@case("while it is rewritten without pause the daemon answers at once, and rests in between", timeout=60)
def _(t):
    if UTMP.is_dir():
        UTMP.rmdir()
    UTMP.write_bytes(b"")
    t.machine.daemon.stop()
    pid = t.machine.start_daemon().pid
    over = threading.Event()
    writer = threading.Thread(target=rewrite_without_pause, args=(over,))
    writer.start()
    try:
        logins = [t.machine.unannounced.login("bob") for _ in range(3)]
        used = proc.cpu_seconds(pid)
        slowest, until = 0.0, now() + 5
        while now() < until:
            began = now()
            sessions = t.machine.sessions()
            slowest = max(slowest, now() - began)
            time.sleep(0.2)
        leaders = [session["leader_pid"] for session in sessions]
        assert sorted(leaders) == sorted(login.pid for login in logins), leaders
        assert slowest < 1.5, f"an answer took {slowest:.2f} s"
        spent = proc.cpu_seconds(pid) - used
        assert spent < 0.5, f"{spent:.2f} s of the processor in 5 s"
        t.log(f"slowest answer {slowest:.3f} s, processor {spent:.2f} s of 5")
    finally:
        over.set()
        writer.join()
    for login in logins:
        login.leave()
        assert login.ended(10)


def prepare():
    machine = Machine(start_sshd=False)
    machine.start_daemon(POLICY)
    machine.unannounced = RloginHost(pam_line="session optional pam_permit.so")
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))
