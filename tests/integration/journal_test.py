#!/usr/bin/python3
"""What `idlectl events` and `report` read from a journal, which systemd-journal-remote(8) makes here of known records."""

import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402

REMOTE = "/lib/systemd/systemd-journal-remote"
FILE = "/run/idled-test.journal"
START = datetime(2026, 1, 31, 9, 0, tzinfo=timezone.utc)


def record(minute, event, **fields):
    """In journalctl's export format: https://systemd.io/JOURNAL_EXPORT_FORMATS"""
    usec = int((START + timedelta(minutes=minute)).timestamp() * 1_000_000)
    entry = {
        "__REALTIME_TIMESTAMP": usec,
        "__MONOTONIC_TIMESTAMP": usec - int(START.timestamp() * 1_000_000) + 1,
        "_BOOT_ID": "0123456789abcdef0123456789abcdef",
        "_UID": 0,
        "SYSLOG_IDENTIFIER": "idled",
        "MESSAGE": f"about {event}",
        "IDLED_EVENT": event,
    } | fields
    return "".join(f"{name}={value}\n" for name, value in entry.items() if value is not None) + "\n"


def login(user, rule="ops", **fields):
    return {"IDLED_SESSION": f"c-{user}", "IDLED_USER": user, "IDLED_UID": 1000, "IDLED_TERMINALS": "pts/3 pts/4",
            "IDLED_HOST": "", "IDLED_RULE": rule, "IDLED_LIMIT_SECONDS": 300, "IDLED_IDLE_SECONDS": 302} | fields


def write_journal():
    text = "".join([
        record(0, "started"),
        record(1, "opened", **login("alice")),
        record(2, "logout", **login("forged", IDLED_CAUSE="idle", _UID=1000)),
        record(2, "logout", **login("other", IDLED_CAUSE="idle", SYSLOG_IDENTIFIER="other")),
        record(2, None, **login("kindless")),
        record(3, "logout", **login("alice", IDLED_CAUSE="idle")),
        record(4, "logout", **login("bob", "defaults", IDLED_CAUSE="idle")),
        record(5, "logout", **login("bob", IDLED_CAUSE="kick", IDLED_BY="root", IDLED_REASON="reboot")),
        record(10, "stopped"),
        record(12, "started"),
        record(20, "logout", **login("late", IDLED_CAUSE="cap")),
    ])
    subprocess.run([REMOTE, "-o", FILE, "-"], input=text.encode(), check=True, capture_output=True, timeout=20)


def told(t, *arguments):
    done = t.machine.idlectl(*arguments, "--file", FILE)
    assert done.status == 0, done
    return done.stdout


@case("events are the records of root's idled, with their fields", needs=[REMOTE])
def _(t):
    since = ("--since", "2026-01-31T09:00:00Z")
    events = [json.loads(line) for line in told(t, "events", "--json", *since).splitlines()]
    assert [event["kind"] for event in events] == [
        "started", "opened", "logout", "logout", "logout", "stopped", "started", "logout"], events
    assert {event["user"] for event in events} == {None, "alice", "bob", "late"}, events
    kick = events[4]
    assert kick["terminals"] == ["pts/3", "pts/4"] and kick["uid"] == 1000 and kick["remote_host"] is None, kick
    assert kick["cause"] == "kick" and kick["by"] == "root" and kick["reason"] == "reboot", kick
    assert datetime.fromisoformat(kick["at"]) == START + timedelta(minutes=5), kick
    lines = told(t, "events", "--since", "2026-01-31T09:04:00Z", "--kind", "logout").splitlines()
    assert [line.split()[3] for line in lines] == ["bob", "bob", "late"], lines


@case("a report adds up the records of its time", needs=[REMOTE])
def _(t):
    report = json.loads(told(t, "report", "--since", "2026-01-31T09:00:00Z", "--until", "2026-01-31T09:20:00Z", "--json"))
    assert report["records"] == 7, report
    assert report["logouts"] == {"total": 3, "by_cause": {"idle": 2, "kick": 1}, "by_rule": {"ops": 1, "defaults": 1},
                                 "by_user": {"alice": 1, "bob": 2}}, report
    gap, = report["gaps"]
    assert gap["is_recorded"] and datetime.fromisoformat(gap["from"]) == START + timedelta(minutes=10), report
    assert datetime.fromisoformat(gap["until"]) == START + timedelta(minutes=12), report


@case("where there is no journal, it is the daemon that is asked, and a report cannot be")
def _(t):
    assert "started" in t.machine.idlectl("events").stdout
    done = t.machine.idlectl("report", "--since", "1h")
    assert done.status == 1 and "no evidence" in done.stderr, done


def prepare():
    machine = Machine()
    machine.start_daemon({"defaults": {"idle": "1h"}})
    if Path(REMOTE).exists():
        write_journal()
    return machine


sys.exit(cases.main(prepare))
