#!/usr/bin/python3
"""Stops, the watchdog, upgrades, removal, purge: one after the other, on the machine of installed_test.py."""

import json
import os
import re
import signal
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import booted
from booted import BootedMachine, apt, main_pid, must, property_of, wait_active
from idled_testing import cases, promise
from idled_testing.cases import case
from idled_testing.waiting import wait_until


@contextmanager
def everybody_let_in(t):
    """ssh again and again meanwhile: each is let in, and none finds a module missing."""
    knocks, stop = [], threading.Event()

    def knock():
        while not stop.is_set():
            knocks.append(t.machine.ssh("bob", "true", tty=False).wait())
    knocking = threading.Thread(target=knock)
    knocking.start()
    try:
        yield
    finally:
        stop.set()
        knocking.join()
    assert knocks and not any(knocks), f"ssh's exit statuses meanwhile: {knocks}"
    missing = [entry["MESSAGE"] for entry in booted.records("SYSLOG_FACILITY=10")
               if re.search(r"pam_idled.*(unable|cannot open|no such)|(unable|cannot open|no such).*pam_idled",
                            str(entry["MESSAGE"]), re.IGNORECASE)]
    assert not missing, missing


def still_the_same(t, client, before):
    after = t.machine.session_of(client)
    assert after and (after["id"], after["opened_at"]) == (before["id"], before["opened_at"]), f"{before} {after}"


@case("nothing that the daemon has done so far was forbidden to it")
def _(t):
    # The ladder of an ending goes on where one of its rungs fails, so the user's side does not show it.
    said = [str(entry["MESSAGE"]) for entry in booted.records("_SYSTEMD_UNIT=idled.service")]
    assert len(said) > 20, said
    forbidden = re.compile("not permitted|denied|read-only", re.IGNORECASE)
    assert not (found := [message for message in said if forbidden.search(message)]), found


def examined(t) -> tuple[int, dict[str, dict]]:
    """The doctor's exit status, and what it finds that is not good, by id."""
    done = t.machine.idlectl("doctor", "--json", timeout=60)
    return done.status, {each["id"]: each for each in json.loads(done.stdout) if each["severity"] != "good"}


@case("a logind that ends idle sessions, too, is wrong to the doctor, who says how to mend it")
def _(t):
    assert "logind.stop-idle" not in examined(t)[1]
    folder = Path("/etc/systemd/logind.conf.d")
    folder.mkdir(exist_ok=True)
    rival, mended = folder / "50-idle.conf", folder / "zz-idled.conf"
    try:
        rival.write_text("[Login]\nStopIdleSessionSec=15min\n")
        must("systemctl", "restart", "systemd-logind.service")
        status, ill = examined(t)
        assert status == 1 and ill["logind.stop-idle"]["severity"] == "wrong", ill
        assert f"{rival}:2" in ill["logind.stop-idle"]["what"], ill
        must("sh", "-ec", ill["logind.stop-idle"]["mend"])
        status, ill = examined(t)
        assert status == 0 and "logind.stop-idle" not in ill, ill
        ends_after = must("busctl", "get-property", "org.freedesktop.login1", "/org/freedesktop/login1",
                          "org.freedesktop.login1.Manager", "StopIdleSessionUSec").split()[1]
        assert int(ends_after) == 2**64 - 1, f"logind still has {ends_after}"
    finally:
        rival.unlink(missing_ok=True)
        mended.unlink(missing_ok=True)
        must("systemctl", "restart", "systemd-logind.service")


@case("a registration starts a daemon that is down, by its socket")
def _(t):
    must("systemctl", "stop", "idled.service")
    assert property_of("ActiveState", "idled.socket") == "active"
    assert property_of("ActiveState") == "inactive"
    client = t.login("alice")
    wait_active()
    assert t.machine.session_of(client)["id"] in booted.logind_sessions()


@case("a daemon that hangs is ended by the watchdog; its logins are ended on time by the next")
def _(t):
    drop_in = Path("/run/systemd/system/idled.service.d/watchdog.conf")
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text("[Service]\nWatchdogSec=3\n")
    must("systemctl", "daemon-reload")
    must("systemctl", "restart", "idled.service")
    client = t.login("alice")
    key = client.type("\n")
    before, hung = t.machine.session_of(client), main_pid()
    os.kill(hung, signal.SIGSTOP)
    wait_active(but_not=hung)
    assert int(property_of("NRestarts")) >= 1
    still_the_same(t, client, before)
    promise.assert_logged_out_between(client, since=key)
    drop_in.unlink()
    must("systemctl", "daemon-reload")


@case("a killed daemon is back, and so are its logins")
def _(t):
    client = t.login("alice")
    before, pid = t.machine.session_of(client), main_pid()
    os.kill(pid, signal.SIGKILL)
    wait_active(but_not=pid)
    still_the_same(t, client, before)


def newer_package() -> str:
    """The same, as if of a later version."""
    folder = Path(tempfile.mkdtemp())
    must("dpkg-deb", "-R", booted.package(), str(folder / "tree"))
    control = folder / "tree/DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*", "Version: 99.0", control.read_text()))
    must("dpkg-deb", "-b", "--root-owner-group", str(folder / "tree"), str(folder / "idled_99.0.deb"))
    return str(folder / "idled_99.0.deb")


@case("reinstalled and upgraded, it keeps policy, logins and what it knows of them")
def _(t):
    policy = Path("/etc/idled/policy.json")
    policy.write_text(policy.read_text() + "// ours\n")
    client = t.login("alice")
    key = client.type("\n")
    before, pid, listening = t.machine.session_of(client), main_pid(), Path("/run/idled/io.idled.Sessions").stat()
    with everybody_let_in(t):
        apt("install", "--reinstall", booted.package())
        second = wait_active(but_not=pid)
        apt("install", newer_package())
        wait_active(but_not=second)
    assert policy.read_text().endswith("// ours\n")
    assert Path("/run/idled/io.idled.Sessions").stat().st_ino == listening.st_ino, "the socket was taken away"
    assert must("dpkg-query", "-Wf", "${Version}", "idled") == "99.0"
    if client.ended(0):  # apt was slow
        promise.assert_logged_out_between(client, since=key)
        return
    still_the_same(t, client, before)
    promise.assert_logged_out_between(client, since=key)


FIGURES = Path("/var/lib/prometheus/node-exporter/idled.prom")
TIMER_LINK = Path("/etc/systemd/system/timers.target.wants/idled-metrics.timer")


def wait_for_figures():
    wait_until(FIGURES.exists, "the timer to have the figures written", timeout=20)
    assert "idled_sessions" in FIGURES.read_text() and FIGURES.stat().st_mode & 0o777 == 0o644, FIGURES.stat()


@case("the metrics' timer is off until it is enabled, and runs within its hardening")
def _(t):
    assert t.machine.run("systemctl", "is-enabled", "idled-metrics.timer").stdout.strip() == "disabled"
    must("systemctl", "start", "idled-metrics.service")
    assert property_of("ConditionResult", "idled-metrics.service") == "no", "there is no such folder yet"
    FIGURES.parent.mkdir(parents=True)  # as the package prometheus-node-exporter has it
    must("systemctl", "enable", "--now", "idled-metrics.timer")
    wait_for_figures()


@case("it is not removed while a line requires its module; removed, its profile scripts do nothing")
def _(t):
    line = "session required pam_idled.so fail=closed\n"
    sshd = Path("/etc/pam.d/sshd")
    before = sshd.read_text()
    sshd.write_text(before + line)
    with everybody_let_in(t):
        refused = t.machine.run("apt-get", "-y", "remove", "idled", timeout=120)
        assert refused.status != 0, "who logs in next would meet a module that is not there"
        said = refused.stdout + refused.stderr
        assert f"/etc/pam.d/sshd:{len(before.splitlines()) + 1}:{line}" in said and "is not removed" in said, said
        assert "pam_idled.so" in Path("/etc/pam.d/common-session").read_text(), "all is as it was"
        wait_active()
        sshd.write_text(before)
        apt("remove", "idled")
    tmout = t.machine.run("bash", "-lic", "echo TMOUT=${TMOUT-none}", user="alice")
    assert Path("/etc/profile.d/idled.sh").exists() and "TMOUT=none" in tmout.stdout, tmout
    apt("install", booted.package())
    wait_active()


@case("removed, installed again, purged: the login goes on, sshd lets people in, and nothing is left")
def _(t):
    client = t.login("alice")
    with everybody_let_in(t):
        apt("remove", "idled")
        assert "pam_idled" not in Path("/etc/pam.d/common-session").read_text()
        assert Path("/etc/idled/policy.json").exists()
        assert not FIGURES.exists(), "they would be served as today's"
        apt("install", booted.package())
        wait_active()
        assert must("systemctl", "is-enabled", "idled.socket").strip() == "enabled"
        assert "pam_idled.so" in Path("/etc/pam.d/common-session").read_text()
        assert property_of("ActiveState", "idled-metrics.timer") == "active", "what was enabled was not started"
        wait_for_figures()
    promise.assert_alive(client)
    Path("/etc/idled/policy.d", booted.DROP_IN).unlink()
    with everybody_let_in(t):
        apt("purge", "idled")
    promise.assert_alive(client)
    assert "pam_idled" not in "".join(file.read_text() for file in Path("/etc/pam.d").iterdir())
    for path in ("/etc/idled", "/var/lib/idled", "/run/idled", "/usr/sbin/idled", "/etc/profile.d/idled.sh",
                 "/etc/systemd/system/idled.service", "/etc/systemd/system/idled-metrics.timer", FIGURES, TIMER_LINK,
                 "/etc/systemd/system/sockets.target.wants/idled.socket"):
        assert not os.path.lexists(path), path
    assert must("getent", "group", "idled").startswith("idled:"), "an id must not be given away again"


def prepare():
    machine = BootedMachine(users=["alice", "bob"])
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))
