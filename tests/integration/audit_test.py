#!/usr/bin/python3
"""Each forced logout is a record for the Linux audit, and whatever becomes of the record, the logout is the same.

What is looked at is what the daemon hands to the kernel, and what it does with the kernel's answers, true and made up.
What auditd makes of it is not seen here: audit is the whole machine's, and switched off on most.
"""

import errno
import os
import re
import socket
import struct
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.syscalls import SystemCalls  # noqa: E402
from idled_testing.waiting import now, wait_until  # noqa: E402

NETLINK_AUDIT = 9
AUDIT_USER_LOGOUT = 1113  # linux/audit.h: 1100 to 1199 are those of programs; libaudit.h names this one
COULD_NOT = "could not be written to the Linux audit"


@dataclass
class Record:
    kind: int
    text: str

    def __getitem__(self, name):
        found = re.search(rf'(?:^| ){name}="?([^ "]*)', self.text)
        return found[1] if found else None


class Kernel:
    """What the daemon sends to the kernel's audit; `verdict` is the kernel's answer, as SystemCalls has it."""

    def __init__(self, calls):
        self.records: list[Record] = []
        self.verdict = None
        calls.judge = self._judge

    def _judge(self, call):
        if call.name != "sendto" or b"op=logout" not in (raw := call.raw()):
            return None
        length, kind = struct.unpack_from("=IH", raw)  # netlink(7)
        self.records.append(Record(kind, raw[16:length].rstrip(b"\0").decode()))
        return self.verdict

    def since(self, count):
        return self.records[count:]


def kick(t, client, *arguments):
    mine = wait_until(lambda: t.machine.session_of(client), "the login")
    began = now()
    kicked = t.machine.idlectl("kick", mine["id"], *arguments)
    assert kicked.status == 0 and client.ended(5), kicked
    return now() - began


def said(t):
    return [line for line in t.machine.daemon.log.text.splitlines() if COULD_NOT in line]


@case("the daemon says whether there is an audit")
def _(t):
    t.machine.daemon.wait_for("; Linux audit: yes")


@case("a logout is one record, with who, where, from where and why; the kernel takes it")
def _(t):
    before = len(t.machine.kernel.records)
    client = t.login("alice")
    mine = t.machine.session_of(client)
    audit_session = Path(f"/proc/{mine['leader_pid']}/sessionid").read_text()
    assert client.ended(40)
    record, = wait_until(lambda: t.machine.kernel.since(before), "the record")
    assert record.kind == AUDIT_USER_LOGOUT, record
    assert record["op"] == "logout" and record["cause"] == "idle" and record["res"] == "success", record
    assert record["acct"] == "alice" and record["id"] == str(t.machine.users["alice"].uid), record
    assert record["terminal"] == mine["terminals"][0]["name"] and record["rule"] == mine["rule"], record
    assert record["hostname"] == record["addr"] == mine["remote_host"] == "127.0.0.1", record
    assert record["ses"] == (None if audit_session == "4294967295" else audit_session), record
    assert record["exe"] == "/usr/sbin/idled.real", record  # where the test has put it
    assert not said(t), said(t)


@case("a kick says by whom; who leaves by themselves is no record")
def _(t):
    before = len(t.machine.kernel.records)
    leaves = t.login("bob")
    leaves.type("exit\n")
    assert leaves.ended(5)
    kick(t, t.login("bob"))
    record, = wait_until(lambda: t.machine.kernel.since(before), "the record")
    assert (record["cause"], record["by"], record["acct"]) == ("kick", "root", "bob"), record


@case("a kernel that makes it wait keeps neither the loop nor a logout")
def _(t):
    release = t.machine.kernel.verdict = threading.Event()
    try:
        before = len(t.machine.kernel.records)
        kick(t, t.login("alice"))
        wait_until(lambda: t.machine.kernel.since(before), "a record to wait")
        for _ in range(3):
            assert kick(t, t.login("bob")) < 3
        assert len(t.machine.kernel.since(before)) == 1, "more than one is under way"
    finally:
        t.machine.kernel.verdict = None
        release.set()
    wait_until(lambda: len(t.machine.kernel.since(before)) == 4, "those behind it to be written")
    assert [record["acct"] for record in t.machine.kernel.since(before)] == ["alice", "bob", "bob", "bob"]


for name in ("EPERM", "ECONNREFUSED", "ENOBUFS"):
    @case(f"{name} is said once, and no logout minds")
    def _(t, code=getattr(errno, name)):
        t.machine.daemon.stop()
        t.machine.start_daemon()
        t.machine.kernel.verdict = code
        try:
            for user in ("alice", "bob"):
                assert kick(t, t.login(user)) < 3
            line, = wait_until(lambda: said(t), "the daemon to say so")
            assert f": {os.strerror(code)} (not said again)" in line, line
            assert line.startswith("<6>" if code == errno.ECONNREFUSED else "<4>"), line
        finally:
            t.machine.kernel.verdict = None


@case("stopped while the kernel makes a record wait, the daemon is gone a second later")
def _(t):
    release = t.machine.kernel.verdict = threading.Event()
    try:
        before = len(t.machine.kernel.records)
        kick(t, t.login("alice"))
        wait_until(lambda: t.machine.kernel.since(before), "a record to wait")
        began = now()
        assert t.machine.daemon.stop() == 0
        assert now() - began < 5, now() - began
    finally:
        t.machine.kernel.verdict = None
        release.set()
        t.machine.start_daemon()


def prepare():
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT).close()
    except OSError as error:
        print(f"this kernel, or this container, has no audit: {error}")
        sys.exit(cases.SKIPPED_BY_CTEST)
    machine = Machine()
    calls = SystemCalls()
    machine.kernel = Kernel(calls)
    machine.start_daemon({"defaults": {"idle": "10s", "warn": ["2s"]}})
    return machine


# One after the other: they share the kernel's answers.
sys.exit(cases.main(prepare, at_once=1))
