#!/usr/bin/python3
"""Logins come, type, idle and go, for a while, with reloads, kicks and lists in between; then the books must balance.

Half a minute here, ten in soak_full_test.py. Most logins are by rlogin (support/idled_testing/rlogin.py), some by
ssh; who does what is drawn from a seed, which the report names.
"""

import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.books import Books, Holdings, state_files  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.rlogin import RloginHost  # noqa: E402
from idled_testing.waiting import BLOCK, now, wait_until  # noqa: E402

LIMIT, SHORTER = 6, 4
GROWTH = 1024  # kB: what the allocator keeps


def policy(limit):
    return {"defaults": {"idle": f"{limit}s", "warn": ["2s"]},
            "rules": [{"name": "carol", "match": {"user": "carol"}, "idle": "never"},
                      {"name": "bob", "match": {"user": "bob"}, "leftovers": "kill"}]}


class Life:
    """What one login does, and what must become of it."""
    KINDS = ("idles", "idles", "types", "types", "leaves", "crashes", "kicked", "deaf")

    def __init__(self, host, chance):
        self.kind = chance.choice(self.KINDS)
        user = "carol" if self.kind == "kicked" else chance.choice(("alice", "bob"))
        ignores = (1, 15) if self.kind == "deaf" else ()
        self.login = host.begin(user, ignores=ignores)
        self.stays_until = now() + (chance.uniform(1, 15) if self.kind == "types" else chance.uniform(0.5, SHORTER - 1))
        self.next_key = now() + chance.uniform(0.1, 2)
        self._chance, self._done = chance, False

    def live(self, machine):
        """A moment of it; False when it is over."""
        login = self.login
        if not login.is_open():
            return True
        if login.ended():
            return False
        if self._done:
            return True
        if now() >= self.stays_until and self.kind not in ("idles", "deaf"):
            self._end(machine)
        elif self.kind == "types" and now() >= self.next_key:
            login.type(self._chance.choice(("\n", "ls\n")))  # what its shell reads
            self.next_key = now() + self._chance.uniform(0.1, SHORTER - 1)
        elif self.kind == "idles" and login.last_key_at is None:
            login.type("\n")
        return True

    def _end(self, machine):
        self._done = True
        if self.kind == "crashes":
            self.login.signal(9)
        elif self.kind == "kicked":
            machine.idlectl("kick", f"p{self.login.pid}", "--no-wait")
        else:
            self.login.leave()

    def judge(self, books):
        """What is wrong with its fate, as the books have it; empty: nothing."""
        pages = books.logins.get(self.login.pid, [])
        verdicts = [self._judge_by(page) for page in pages]
        if "" in verdicts:
            pages.pop(verdicts.index(""))  # no other login of that pid has this one
            return ""
        return "; ".join(verdicts) or f"{self.kind} {self.login.user} leader {self.login.pid}: unknown"

    def _judge_by(self, page):
        login = self.login
        what = f"{self.kind} {login.user} leader {login.pid}: {dict(page.kinds)}"
        if f" IDLED_USER={login.user} " not in page.lines[0]:
            return f"{what}: of another user"
        if page.taken != 1 or page.fates != 1:
            return f"{what}: not one fate"
        if not login.registered:
            return f"{what}: the module had no answer"
        ended_by_us = page.kinds["Logged out"] == 1
        if ended_by_us != (self.kind in ("idles", "deaf", "kicked")):
            return f"{what}: a wrong fate"
        # A shorter limit counts from when it came into force, and grants its warning.
        lasted = login.ended_at - (login.last_key_at or login.opened_at)  # without a key, where this test was slow
        if self.kind == "idles" and not SHORTER <= lasted <= LIMIT + BLOCK + 8:
            return f"{what}: ended after {lasted:.1f} s"
        if self.kind in ("idles", "deaf") and not promise.WARNING.search(login.output.text):
            return f"{what}: never warned"
        return ""


def by_ssh(t, over, troubles):
    """A stream of real ones beside: with a terminal, without, and idle until they are logged out."""
    number = 0
    while not over.is_set():
        number += 1
        try:
            if number % 3 == 0:
                client = t.login("alice")
                assert client.ended(LIMIT + BLOCK + 8), f"{client.name}: STILL LOGGED IN"
            else:
                client = t.ssh("carol", "exit 7", tty=number % 3 == 1)
                assert client.wait(20) == 7, client.evidence()
        except AssertionError as error:
            troubles.append(str(error))


def disturb(t, over, troubles):
    """Reloads with another limit and back, broken ones, lists by everybody."""
    number = 0
    while not over.wait(0.7):
        number += 1
        try:
            if number % 3 == 0:
                text = "{" if number % 9 == 0 else policy(SHORTER if number % 2 else LIMIT)
                t.machine.write_policy(text)
                t.machine.daemon.reload()
            listed = t.machine.idlectl("list", user=("root", "alice", "bob")[number % 3])
            assert listed.status == 0, f"list: {listed}"
        except (AssertionError, OSError) as error:
            troubles.append(str(error))


def soak(t, seconds, at_once, seed):
    chance = random.Random(seed)
    over, troubles = threading.Event(), []
    beside = [threading.Thread(target=what, args=(t, over, troubles)) for what in (by_ssh, disturb)]
    for thread in beside:
        thread.start()
    lives, led, until = [], [], now() + seconds
    while lives or now() < until:
        if now() < until and len(lives) < at_once:
            lives.append(Life(t.machine.rlogin, chance))
        still = [life for life in lives if life.live(t.machine)]
        led += [life for life in lives if life not in still]
        lives = still
        assert now() < until + 60, f"STILL LOGGED IN: {[(life.kind, life.login.pid) for life in lives]}"
        time.sleep(0.02)
    over.set()
    for thread in beside:
        thread.join(60)
    t.machine.write_policy(policy(LIMIT))
    t.machine.daemon.reload()
    wait_until(lambda: not t.machine.sessions() and not state_files(), "the last to be forgotten")
    time.sleep(0.3)
    assert_books_balance(t, led)
    assert not troubles, troubles[:5]


def assert_books_balance(t, led):
    books = Books(t.machine)
    wrong = [verdict for life in led if (verdict := life.judge(books))]
    assert not wrong, f"{len(wrong)} of {len(led)}: " + "; ".join(wrong[:5])
    unbalanced = [page for page in Books(t.machine).pages.values() if page.taken != page.fates]
    assert not unbalanced, f"{len(unbalanced)} pages, as {unbalanced[0]}"
    counts = {kind: sum(life.kind == kind for life in led) for kind in sorted(set(Life.KINDS))}
    print(f"    | {sum(page.taken for page in books.pages.values())} logins, of which {counts}")


def run(t, seconds, at_once, seed):
    pid = t.machine.daemon.pid
    soak(t, min(20, seconds / 4), at_once, seed)  # what is allocated once has been, then
    before = Holdings(pid)
    t.log(f"seed {seed}")
    soak(t, seconds, at_once, seed + 1)
    after = Holdings(pid)
    print(f"    | before {before}\n    | after  {after}")
    assert after.descriptors == before.descriptors and after.watches == before.watches, f"{before}; {after}"
    after.assert_grew_at_most(GROWTH, before)
    assert not list(Path("/dev/pts").glob("[0-9]*")), "terminals are left"
    assert not t.machine.daemon.process.ended()


@case("sixteen seconds, with up to eighty logins at a time", timeout=200)
def _(t):
    run(t, 16, 80, seed=1)


def prepare():
    machine = Machine()
    machine.start_daemon(policy(LIMIT))
    machine.rlogin = RloginHost()
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))
