#!/usr/bin/python3
"""What a service manager sees: the socket it hands over, readiness, reloads, the watchdog, the stop (sd_notify(3))."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

SOCKET = Path("/run/idled/io.idled.Sessions")


@case("a socket handed over, ready, watchdog, reload and stop are all told")
def _(t):
    inode = SOCKET.stat().st_ino
    daemon, notify = t.machine.daemon, t.machine.daemon.notify
    assert notify.said("READY=1")
    client = t.login("alice")
    assert t.machine.session_of(client)["user"] == "alice", "the handed-over socket serves"
    assert SOCKET.stat().st_ino == inode, "and is the one that was handed over"

    wait_until(lambda: notify.said("WATCHDOG=1"), "a sign of life for the watchdog", timeout=3)
    assert not notify.said("RELOADING=1")
    daemon.reload()
    wait_until(lambda: notify.said("RELOADING=1"), "RELOADING=1", timeout=3)
    daemon.wait_for("Policy in force")

    assert not notify.said("STOPPING=1")
    assert daemon.stop() == 0
    assert notify.said("STOPPING=1")
    promise.assert_alive(client)


def prepare():
    machine = Machine()
    machine.start_daemon({"defaults": {"idle": "5m"}}, activated=True, environment={"WATCHDOG_USEC": "600000"})
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
