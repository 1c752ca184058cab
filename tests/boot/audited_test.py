#!/usr/bin/python3
"""A kernel of its own with auditd(8): what ausearch(8) finds of a logout, from within the unit's hardening."""

import re
import sys
from pathlib import Path

import booted
from booted import BootedMachine, must
from idled_testing import cases
from idled_testing.cases import case
from idled_testing.waiting import wait_until

# The kernel is emulated: what is a moment elsewhere takes seconds.
SLOW = 60


def found(t):
    """The records of our logouts, as ausearch has them, each as a dictionary."""
    done = t.machine.run("ausearch", "--input-logs", "-m", "USER_LOGOUT", "-x", "/usr/sbin/idled")
    return [fields_of(line) for line in done.stdout.splitlines() if line.startswith("type=USER_LOGOUT")]


def fields_of(line):
    """Of what the daemon has sent; the kernel's own, of the daemon, stand before."""
    ours = line.split("msg='", 1)[1]
    return {name: value.strip("\"'") for name, value in re.findall(r"(\w+)=(\S+)", ours)}


def login(t, user):
    client = t.ssh(user)
    client.wait_for(re.compile(r"[$#] \Z"), SLOW)
    return client, wait_until(lambda: t.machine.session_of(client), "the login", SLOW)


@case("the daemon has the audit", timeout=3 * SLOW)
def _(t):
    said = [entry["MESSAGE"] for entry in booted.records("IDLED_EVENT=started")]
    assert said and "; Linux audit: yes" in said[-1], said
    assert "enabled 1" in must("auditctl", "-s")


@case("who is idle: ausearch finds the logout by type, program and user, with the session that loginctl knows",
      timeout=5 * SLOW)
def _(t):
    before = len(found(t))
    client, session = login(t, "alice")
    assert client.ended(2 * SLOW)
    record, = wait_until(lambda: found(t)[before:], "the record", SLOW)
    assert record["op"] == "logout" and record["cause"] == "idle" and record["res"] == "success", record
    assert (record["acct"], record["id"]) == ("alice", str(t.machine.users["alice"].uid)), record
    assert record["ses"] == session["id"], f"{record} {session}"
    assert record["terminal"] == session["terminals"][0]["name"] and record["addr"] == "127.0.0.1", record
    # And with its names read, beside the records of sshd that are of the same session.
    assert "acct=alice" in must("ausearch", "--input-logs", "-m", "USER_LOGOUT", "-i")
    assert f"ses={session['id']} " in must("ausearch", "--input-logs", "-m", "USER_START", "-i")


@case("a kick: by whom", timeout=5 * SLOW)
def _(t):
    before = len(found(t))
    client, session = login(t, "bob")
    must("idlectl", "kick", session["id"])
    record, = wait_until(lambda: found(t)[before:], "the record", SLOW)
    assert (record["cause"], record["by"], record["acct"]) == ("kick", "root", "bob"), record
    assert re.search(r"(?m)USER_LOGOUT", must("aureport", "--input-logs", "-e", "-i"))


@case("without CAP_AUDIT_WRITE the logout is the same, and that there is no record is said once", timeout=8 * SLOW)
def _(t):
    drop_in = Path("/run/systemd/system/idled.service.d/no-audit.conf")
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Service]\nCapabilityBoundingSet=~CAP_AUDIT_WRITE\n")
    must("systemctl", "daemon-reload")
    must("systemctl", "restart", "idled.service")
    before = len(found(t))
    for user in ("alice", "bob"):
        client, session = login(t, user)
        must("idlectl", "kick", session["id"])
        assert client.ended(SLOW)
    said = [entry for entry in booted.records(f"_PID={booted.main_pid()}") if "Linux audit: Operation" in entry["MESSAGE"]]
    assert len(said) == 1 and said[0]["PRIORITY"] == "4", said
    assert len(found(t)) == before
    drop_in.unlink()
    must("systemctl", "daemon-reload")


def prepare():
    machine = BootedMachine()
    machine.write_policy({"defaults": {"idle": "15s", "warn": ["5s"]}}, drop_in=booted.DROP_IN)
    must("systemctl", "reload", "idled.service")
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))
