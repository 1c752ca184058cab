#!/usr/bin/python3
"""idlectl doctor on a real machine: right, with real sshd -T, PAM files and daemon; and made wrong, one thing at a time.

What it says of each thing is a unit test's; here it meets what the distribution has installed.
"""

import json
import os
import re
import shutil
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import OUR_PAM_LINE, Machine  # noqa: E402

DONE, FAILED = 0, 1
CONFIG = Path("/etc/ssh/sshd_config")

the_machine = threading.Lock()  # cases run side by side, and one of them makes it wrong


def examined(machine, user="root"):
    """The exit status, and what each finding that is not good says, by its id."""
    result = machine.idlectl("doctor", "--json", user=user, timeout=60)
    findings = json.loads(result.stdout)
    assert result.stderr == "", result
    return result.status, {each["id"]: each for each in findings if each["severity"] != "good"}


@contextmanager
def written(path, text):
    """The file has this text for a while."""
    before = path.read_text() if path.exists() else None
    path.write_text(text)
    try:
        yield
    finally:
        path.unlink() if before is None else path.write_text(before)


@case("a machine on which all is right; then each thing made wrong, and mended", timeout=200)
def _(t):
    with the_machine:
        make_wrong_and_mend(t.machine)


def make_wrong_and_mend(machine):
    status, found = examined(machine)
    assert status == DONE, found
    assert "sshd.not-asked" not in found and "sshd.no-pam" not in found, found

    with written(CONFIG, "UsePAM no\n"):
        status, found = examined(machine)
        assert status == FAILED and found["sshd.no-pam"]["severity"] == "wrong", found
        assert f"{CONFIG}:1" in found["sshd.no-pam"]["mend"], found
    with written(CONFIG, "UsePAM yes\nClientAliveInterval 300\nClientAliveCountMax 0\n"):
        status, found = examined(machine)
        assert status == FAILED and "sshd.alive-count-zero" in found, found
    with written(CONFIG, "UsePAM yes\nChannelTimeout session:shell=5m\n"):
        status, found = examined(machine)
        assert status == DONE and "sshd.channel-timeout" in found, found
    with written(CONFIG, "UsePAM yes\nNonsense on stilts\n"):
        status, found = examined(machine)
        assert status == FAILED and "Nonsense" in found["sshd.config-broken"]["what"], found

    pam = Path("/etc/pam.d/sshd")
    with written(pam, pam.read_text().replace(OUR_PAM_LINE, "")):
        status, found = examined(machine)
        assert status == FAILED and "sshd" in found["pam.missing"]["what"], found
    with written(pam, f"{OUR_PAM_LINE}\n{pam.read_text()}"):
        status, found = examined(machine)
        assert "pam.twice" in found, found

    with written(Path("/etc/idled/policy.json"), '{"defaults": {"idel": 1}}'):
        status, found = examined(machine)
        assert status == FAILED and "policy.json:1:15" in found["policy.broken"]["what"], found
        assert "policy.not-loaded" not in found, found  # it was not even tried
        assert machine.idlectl("reload").status == FAILED
        status, found = examined(machine)
        assert status == FAILED and "idel" in found["policy.not-in-force"]["what"], found
    assert machine.idlectl("reload").status == DONE
    status, found = examined(machine)
    assert status == DONE, found

    # The daemon gone, with somebody logged in.
    client = machine.login("carol")
    machine.daemon.stop()
    status, found = examined(machine)
    assert status == FAILED and found["daemon.absent"]["mend"].startswith("systemctl "), found
    assert f"carol ({client.terminal()})" in found["sessions.unwatched"]["what"], found
    machine.start_daemon()
    status, found = examined(machine)
    assert status == DONE and "sessions.unwatched" not in found, found
    client.close()


@case("a person reads it at 80 columns, without colour, and is told of every wrong thing", timeout=60)
def _(t):
    with the_machine:
        result = t.machine.idlectl("doctor", timeout=30)
    assert result.status == DONE, result
    assert "\x1b" not in result.stdout, result
    # What is to be copied, and a word longer than the page, stay as they are.
    long = [line for line in result.stdout.splitlines() if len(line) > 80 and not line.startswith(" " * 12)]
    assert not long, long
    assert re.search(r"^good +idled [0-9.]+ runs and watches \d+ sessions?$", result.stdout, re.MULTILINE), result
    assert re.search(r"^0 wrong, \d+ doubtful, \d+ notes?, \d+ good$", result.stdout.splitlines()[-1]), result


@case("who is not root is told what could not be looked at, and nothing is made of it")
def _(t):
    with the_machine:
        status, found = examined(t.machine, user="alice")
    assert "doctor.not-root" in found, found
    assert status == DONE, found


@case("an image is judged by its files alone")
def _(t):
    image = Path("/root/image")
    for folder in ("etc/pam.d", "etc/idled", "usr/sbin", "etc/profile.d"):
        (image / folder).mkdir(parents=True)
    shutil.copy("/etc/pam.d/sshd", image / "etc/pam.d/sshd")
    shutil.copy("/usr/sbin/idled", image / "usr/sbin/idled")
    shutil.copy("/etc/profile.d/idled.sh", image / "etc/profile.d/idled.sh")
    os.symlink("/etc/passwd", image / "etc/environment")  # leads nowhere, as below the root there is none
    result = t.machine.idlectl("doctor", "--json", "--root", str(image))
    ids = [each["id"] for each in json.loads(result.stdout) if each["severity"] == "wrong"]
    assert result.status == FAILED and ids == ["pam.no-module"], result
    module = next(Path("/usr/lib").glob("**/security/pam_idled.so"))
    copy = image / str(module).lstrip("/")
    copy.parent.mkdir(parents=True)
    shutil.copy(module, copy)
    result = t.machine.idlectl("doctor", "--json", "--root", str(image))
    assert result.status == DONE, result


def prepare():
    machine = Machine()
    machine.watch_service("login")
    Path("/run/sshd").mkdir(exist_ok=True)
    machine.start_daemon({"defaults": {"idle": "10m"}})
    return machine


sys.exit(cases.main(prepare))
