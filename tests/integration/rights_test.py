#!/usr/bin/python3
"""Who administers (--admin-group), what everybody else is told, and whose files the daemon goes by."""

import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

NOT_PERMITTED = 4
POLICY = Path("/etc/idled/policy.json")


def users_seen_by(t, user):
    return {each["user"] for each in t.machine.sessions(user)}


@case("the group that --admin-group names administers, and the default one does not")
def _(t):
    t.login("alice"), t.login("bob")
    wait_until(lambda: {"alice", "bob"} <= users_seen_by(t, "root"), "both logins")
    assert {"alice", "bob"} <= users_seen_by(t, "operator")
    assert users_seen_by(t, "formerly") == set(), "group idled is not the one"
    assert users_seen_by(t, "alice") == {"alice"}
    assert t.machine.idlectl("reload", user="operator").status == 0
    assert t.machine.idlectl("reload", user="formerly").status == NOT_PERMITTED


@case("another's login and one that does not exist are the same to a user")
def _(t):
    client = t.login("bob")
    bobs = wait_until(lambda: t.machine.session_of(client), "bob's login")["id"]
    for command in ("kick", "explain"):
        said = [t.machine.idlectl(command, name, user="alice") for name in (bobs, "p999999")]
        assert said[0].status == said[1].status == NOT_PERMITTED, said
        assert said[0].stderr.replace(bobs, "X") == said[1].stderr.replace("p999999", "X"), said


@case("status tells a user of their own logins only")
def _(t):
    t.login("bob")
    told = t.machine.idlectl("status", user="formerly")
    assert re.search(r"Sessions: 0$", told.stdout, re.MULTILINE), told


@case("a policy that others can write is refused, by check and by the daemon, which say what to do")
def _(t):
    before = POLICY.stat().st_mode
    try:
        os.chmod(POLICY, 0o666)
        told = "can be written by everybody; chmod o-w"
        checked = t.machine.idlectl("check")
        assert checked.status == 1 and told in checked.stdout + checked.stderr, checked
        reloaded = t.machine.idlectl("reload")
        assert reloaded.status == 1 and told in reloaded.stdout + reloaded.stderr, reloaded
    finally:
        os.chmod(POLICY, before)
    assert t.machine.idlectl("reload").status == 0


@case("what is no name of a group is a usage error")
def _(t):
    done = subprocess.run(["/usr/sbin/idled", "--admin-group", ""], capture_output=True, text=True, timeout=10)
    assert done.returncode == 2 and "--admin-group" in done.stderr, done


def prepare():
    machine = Machine()
    machine.add_user("operator", groups=["operators"])
    machine.add_user("formerly", groups=["idled"])
    machine.start_daemon({"defaults": {"idle": "1h"}}, ["--admin-group", "operators"])
    return machine


sys.exit(cases.main(prepare))
