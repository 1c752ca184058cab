#!/usr/bin/python3
"""Who works stays, at whichever point of a block they type, and a key answers a warning. The limit is 20 s.

Other ways to work, and what is not the person at the terminal, are in kept_test.py.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import now, until, until_block_phase, wait_until  # noqa: E402

POLICY = {
    "defaults": {"idle": "20s", "warn": ["5s"]},
    # bash's TMOUT is blind to keys within a line, so who is to type nothing else must have none.
    "rules": [{"name": "no alarm", "match": {"user": "carol"}, "tmout": "off"}],
}


def types_every_19_seconds(name, user, key, phase):
    @case(f"a key every 19 s for 80 s, {phase} s into a block: {name}")
    def _(t):
        client = t.login(user)
        until_block_phase(phase)
        start = now()
        keys = [start]
        for round in range(5):
            until(start + 19 * round)
            keys.append(now())
            if keys[-1] - keys[-2] > 19.8:  # a machine that halts for a second: this is not the daemon's fault
                raise RuntimeError(f"a key came {keys[-1] - keys[-2]:.1f} s after the last, and was to after 19 s")
            promise.assert_alive(client)
            client.type(key)
        promise.assert_alive_until(client, start + 80, t.machine)


for phase in range(8):
    types_every_19_seconds("Enter at the prompt, tmout backstop", "alice", "\n", phase)
    types_every_19_seconds("a letter at the prompt, tmout off", "carol", "x", phase)


@case("terminals of one connection come and go, and whoever asks is told those that are there")
def _(t):
    path = "/tmp/stays.sock"
    master = t.ssh("carol", no_command=True, control=path, master=True)
    wait_until(lambda: Path(path).exists(), "the master's socket")

    def assert_told(*clients):
        session = t.machine.session_of(master)
        told = sorted(terminal["name"] for terminal in session["terminals"])
        assert told == sorted(client.terminal() for client in clients), session

    one = t.login("carol", control=path)
    assert_told(one)
    two = t.login("carol", control=path)
    assert_told(one, two)
    one.type("exit\n")
    assert one.wait() == 0
    three = t.login("carol", control=path)  # as many terminals as before, and perhaps the same number in the leader's table
    assert_told(two, three)
    three.type("exit\n")
    assert three.wait() == 0
    assert_told(two)


@case("a key after the warning cancels it, tmout off: letters, for two limits more")
def _(t):
    assert_comes_back(t, "carol", "x")


@case("a key after the warning cancels it, tmout backstop: a letter, then lines, for two limits more")
def _(t):
    assert_comes_back(t, "alice", "\n")


def assert_comes_back(t, user, later):
    client = t.login(user)
    client.type("\n")
    assert promise.wait_for_warning(client)[1] == "5"
    key = client.type("x")
    assert client.wait_for(promise.CANCELLED).time - key < 2, "the user waited for the answer"
    for round in range(1, 5):
        until(key + round * 10)
        client.type(later)
    promise.assert_alive(client, t.machine)
    assert "Logged out" not in client.output.text


@case("a key at a program that does not read cancels nothing; Enter, which the warning asks for, does")
def _(t):
    client = t.login("alice")
    client.type("sleep 999\n")
    until(promise.wait_for_warning(client).time + 2.2)
    key = client.type("\n")
    client.wait_for(promise.CANCELLED, 2)
    promise.assert_logged_out_between(client, key)


@case("Enter at a program that does not read counts, though idled had not looked at the terminal before")
def _(t):
    client = t.login("alice")
    typed = client.type("sleep 999\n")
    until(typed + 10)  # the first look comes 15 s after the login, in time for its warning
    key = client.type("\n")
    promise.assert_logged_out_between(client, key)


def prepare():
    machine = Machine()
    machine.start_daemon(POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
