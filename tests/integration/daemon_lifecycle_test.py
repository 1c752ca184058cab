#!/usr/bin/python3
"""Reloads, good and bad; a second daemon; a start with a bad policy.

The policy is everybody's, so all that changes it is one case, in steps.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.daemon import PROGRAM  # noqa: E402
from idled_testing.machine import POLICY as POLICY_FILE, Machine  # noqa: E402
from idled_testing.waiting import now, until  # noqa: E402

POLICY = {"defaults": {"idle": "20s", "warn": ["5s"]}}
LONGER = {"defaults": {"idle": "10m", "warn": ["5s"]},
          "rules": [{"name": "a minute", "match": {"user": ["alice", "bob"]}, "idle": "60s"}]}
CAROL_STAYS = {"rules": [{"name": "carol stays", "match": {"user": "carol"}, "idle": "never"}]}

# A policy, and where and what is wrong with it.
BROKEN = [
    ('{\n  "defaults": {\n    "idle": "20s",\n    "wran": ["5s"]\n  }\n}\n', "4:5: error: ", '"wran"'),
    ('{\n  "defaults": { "idle": "soon" }\n}\n', "2:25: error: ", '"soon"'),
    ('{\n  "rules": [\n    { "name": "x", "idle": "1m", "idle": "2m" }\n  ]\n}\n', "3:34: error: ", '"idle"'),
    ('{\n  "defaults": { "idle": "20s" }\n', "2:31: error: ", "the text ends here"),
    ("", "1:1: error: ", ""),
]


def reload(t, policy, says, drop_in=""):
    """Writes a policy, sends SIGHUP, and waits for what the log says of it."""
    t.machine.write_policy(policy, drop_in)
    t.machine.daemon.reload()
    return t.machine.daemon.wait_for(says)


def limits(t, *clients):
    return [t.machine.session_of(client)["limit_seconds"] for client in clients]


@case("a new policy is in force at once; a broken one changes nothing, and the log says what is wrong and where")
def _(t):
    alice, bob, carol = clients = t.login("alice"), t.login("bob"), t.login("carol")
    key = max(client.type("\n") for client in clients)
    promise.wait_for_warning(bob)
    assert limits(t, *clients) == [20, 20, 20]
    assert_longer_limit_counts(t, alice, bob, carol, key)
    assert_broken_policies_change_nothing(t, clients)
    assert_shorter_limit_warns_first(t, alice, bob, carol)
    assert_starts_with_the_last_good_one(t, carol)


def assert_longer_limit_counts(t, alice, bob, carol, key):
    reload(t, LONGER, "Policy in force: /etc/idled/policy.json")
    bob.wait_for("*** The policy has changed: that logout is off.", 2)
    assert limits(t, alice, bob, carol) == [60, 60, 600]
    assert t.machine.session_of(bob)["state"] == "active" and t.machine.session_of(bob)["rule"] == "a minute"
    until(key + 30)  # under the old one they would be gone
    for client in (alice, bob, carol):
        promise.assert_alive(client, t.machine)


def assert_broken_policies_change_nothing(t, clients):
    before = limits(t, *clients)
    for text, place, word in BROKEN:
        error = f"{POLICY_FILE}:{place}"
        reload(t, text, "The policy has errors, so the one before stays in force")
        t.machine.daemon.wait_for(error, 2)
        t.machine.daemon.wait_for(word, 1)
        assert limits(t, *clients) == before
        status = t.machine.idlectl("status")
        assert error in status.stdout + status.stderr, status


def assert_shorter_limit_warns_first(t, alice, bob, carol):
    """All have been idle for longer than the limit to come. They are granted its warning all the same."""
    t.machine.write_policy(CAROL_STAYS, "50-carol.json")
    reloaded = now()
    reload(t, POLICY, "Policy in force: /etc/idled/policy.json and 1 drop-in")
    assert t.machine.session_of(carol)["state"] == "exempt", "a drop-in wins over the file"
    for client in (alice, bob):
        assert promise.wait_for_warning(client, 2)[1] == "5"
        promise.assert_logged_out_between(client, reloaded, 5, 7)
        promise.assert_told_why(client)
    assert "policy.json:" not in t.machine.idlectl("status").stdout, "the error of before is no more"


def assert_starts_with_the_last_good_one(t, carol):
    t.machine.write_policy(BROKEN[0][0])
    assert t.machine.daemon.stop() == 0
    daemon = t.machine.start_daemon()
    daemon.wait_for("The policy has errors, so the last good policy is in force", 2)
    daemon.wait_for(f"{POLICY_FILE}:{BROKEN[0][1]}", 1)
    assert t.machine.session_of(carol)["state"] == "exempt"
    status = t.machine.idlectl("status")
    assert "last good" in status.stdout and f"{POLICY_FILE}:{BROKEN[0][1]}" in status.stdout + status.stderr, status


@case("a second daemon says that there is one, and exits with 1; the first goes on, and nothing is lost")
def _(t):
    client = t.login("alice")
    session = t.machine.session_of(client)
    state = Path("/run/idled/sessions", f"{session['id']}.json")
    pid = t.machine.daemon.pid
    for _ in range(2):
        second = t.run([PROGRAM])
        assert second.wait(5) == 1
        assert "another daemon serves /run/idled/io.idled.Sessions" in second.errors.text, second.evidence()
    assert not t.machine.daemon.process.ended()
    assert f"{pid}" in t.machine.idlectl("status").stdout
    assert t.machine.session_of(client)["id"] == session["id"] and state.exists()
    other = t.login("alice")
    promise.assert_alive(other, t.machine)


@case("--check tells what is wrong with a policy, and leaves the daemon alone")
def _(t):
    Path("/tmp/good.json").write_text(json.dumps(POLICY))
    checked = t.machine.run(PROGRAM, "--check", "--policy", "/tmp/good.json")
    assert (checked.status, checked.stderr) == (0, ""), checked
    for text, place, word in BROKEN:
        Path("/tmp/broken.json").write_text(text)
        checked = t.machine.run(PROGRAM, "--check", "--policy", "/tmp/broken.json")
        assert checked.status == 1 and f"/tmp/broken.json:{place}" in checked.stderr and word in checked.stderr, checked
    assert "has errors" not in t.machine.daemon.log.text


def prepare():
    machine = Machine()
    machine.start_daemon(POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
