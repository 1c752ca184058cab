#!/usr/bin/python3
"""A journal that takes nothing: stopped, or behind a disk that hangs. Nobody waits for it, and it is told all later."""

import re
import socket
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise, varlink  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.daemon import SOCKET  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import now, wait_until  # noqa: E402

POLICY = {"defaults": {"idle": "6s", "warn": ["4s"]},
          "rules": [{"name": "stays", "match": {"user": "bob"}, "idle": "1h"}]}
MOST_KEPT = 10_000
PLACE = Path("/run/systemd/journal/socket")


class StoppedJournal:
    """journald's socket, from which nobody reads: the kernel queues some datagrams, and then its senders wait."""

    def __init__(self):
        PLACE.parent.mkdir(parents=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(PLACE))
        self.records = []

    def fill(self):
        """Others log, too."""
        other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        other.setblocking(False)
        try:
            while True:
                other.sendto(b"MESSAGE=of another\n", str(PLACE))
        except BlockingIOError:
            pass

    def take(self):
        """All that wait."""
        self._socket.setblocking(False)
        try:
            while True:
                self.records.append(fields(self._socket.recv(1 << 20)))
        except BlockingIOError:
            pass

    def of(self, session):
        return [record["IDLED_EVENT"] for record in self.records if record.get("IDLED_SESSION") == session]


def fields(datagram):
    """https://systemd.io/JOURNAL_NATIVE_PROTOCOL"""
    found = {}
    while datagram:
        line, _, datagram = datagram.partition(b"\n")
        name, is_plain, value = line.partition(b"=")
        if not is_plain:
            (size,) = struct.unpack("<Q", datagram[:8])
            value, datagram = datagram[8:8 + size], datagram[9 + size:]
        found[name.decode()] = value.decode()
    return found


@case("logins, answers and logouts are on time; records come when it takes them, and what was too much is counted")
def _(t):
    journal = t.machine.journal
    journal.take()
    journal.fill()
    began = now()
    client = t.login("alice")
    session = t.machine.session_of(client)["id"]
    assert now() - began < 1.5, "the login waited for the journal"
    promise.assert_logged_out_between(client, client.type("\n"), 6, 15)
    wait_until(lambda: session not in [each["id"] for each in t.machine.sessions()], "its end")
    assert journal.of(session) == []
    wait_until(lambda: journal.take() or "ended" in journal.of(session), "the records")
    assert [kind for kind in journal.of(session) if kind != "signalled"] == ["opened", "warned", "logout", "ended"]
    opened = next(record for record in journal.records if record.get("IDLED_EVENT") == "opened")
    assert re.search(r" \(at [-0-9]+T[:0-9]+\S*; the journal took nothing then\)$", opened["MESSAGE"]), opened
    # And what comes from now on goes there at once.
    other = t.login("bob")
    session = t.machine.session_of(other)["id"]
    wait_until(lambda: journal.take() or journal.of(session) == ["opened"], "the next record")
    assert "took nothing" not in journal.records[-1]["MESSAGE"]
    # What is too much to keep is counted.
    journal.fill()
    daemon = varlink.Client(str(SOCKET))
    for _ in range(MOST_KEPT + 20):
        daemon.call("io.idled.Sessions.Hold", session=session, seconds=600)
    wait_until(lambda: journal.take() or "records are lost" in journal.records[-1]["MESSAGE"], "the rest", timeout=30)
    lost = int(re.match(r"(\d+) records are lost: ", journal.records[-1]["MESSAGE"])[1])
    assert (len(journal.of(session)) - 1, lost) == (MOST_KEPT, 20)


def prepare():
    machine = Machine()
    machine.journal = StoppedJournal()
    machine.start_daemon(POLICY)
    time.sleep(0.2)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
