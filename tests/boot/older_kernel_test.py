#!/usr/bin/python3
"""Linux 6.1: up to 6.4, a terminal's times say nothing of what a program reads of it through /dev/tty."""

import os
import re
import sys
import time
from pathlib import Path

import booted
from booted import BootedMachine, must
from idled_testing import cases
from idled_testing.cases import case
from idled_testing.ssh import PROMPT
from idled_testing.waiting import now, wait_until

SLOW = 60  # seconds; the kernel is emulated
IDLE, WARN, BLOCK = 16, 6, 8
LATE = 5   # what an emulated machine may add
# A plus sign for each key, until one is q.
READER = r"""while read -rsn1 key </dev/tty && [ "$key" != q ]; do printf '\x2b'; done"""
NOISY = {"settings": ["ServerAliveInterval=1"]}  # so that the connection says nothing


def login(t, user, command="", **how):
    client = t.ssh(user, **how)
    client.wait_for(PROMPT, SLOW)
    wait_until(lambda: t.machine.session_of(client), "the login", SLOW)
    if command:
        client.type(command + "\n")
    return client


def type_for(client, seconds, answer="+"):
    """A key now and then, each read as it comes; when the last was typed."""
    until = now() + seconds
    while True:
        key = client.type("k")
        client.wait_for(answer, SLOW)
        if now() > until:
            return key
        time.sleep(3)


def never_warned(client):
    assert "You will be logged out" not in client.output.text, client.evidence()


def ends(client, since, least, most):
    assert client.ended(since + most + SLOW - now()), client.evidence()
    took = client.ended_at - since
    assert least <= took <= most, f"after {took:.1f} s, and not {least} to {most}: {client.evidence()}"


@case("this kernel is one of those, and doctor says so", timeout=SLOW)
def _(t):
    assert tuple(int(part) for part in os.uname().release.split(".")[:2]) < (6, 5)
    assert '"kernel.dev-tty"' in t.machine.run("idlectl", "doctor", "--json").stdout


@case("keys that a program reads through /dev/tty count, and when they end, the login does", timeout=6 * SLOW)
def _(t):
    client = login(t, "alice", READER)
    key = type_for(client, 2 * IDLE)
    never_warned(client)
    ends(client, key, IDLE, IDLE + LATE)


@case("all that is typed in sudo -i with use_pty is read so", timeout=6 * SLOW)
def _(t):
    Path("/etc/sudoers.d/bob").write_text("bob ALL=(ALL) NOPASSWD: ALL\nDefaults:bob use_pty\n")
    client = login(t, "bob", "sudo -i", **NOISY)
    client.wait_for(re.compile(r"root@.*# \Z"), SLOW)
    key = type_for(client, 2 * IDLE, answer="k")
    never_warned(client)
    ends(client, key, IDLE, IDLE + BLOCK + LATE)


@case("such a program has ended, and nothing was typed since: its keys counted", timeout=6 * SLOW)
def _(t):
    for user, how in (("carol", {}), ("dave", NOISY)):
        client = login(t, user, READER, **how)
        type_for(client, IDLE / 2)
        key = client.type("q")
        client.wait_for(PROMPT, SLOW)
        ends(client, key, IDLE, IDLE + BLOCK + LATE)


@case("a key in it while a warning stands: you are back, at once", timeout=6 * SLOW)
def _(t):
    client = login(t, "erin", READER)
    client.wait_for("You will be logged out", SLOW)
    client.type("k")
    assert client.wait_for("You are back", 2 + LATE)


@case("who is idle on a noisy connection is logged out, however much another types through /dev/tty",
      timeout=8 * SLOW)
def _(t):
    at_prompt, opened = login(t, "frank", **NOISY), now()
    with_top = login(t, "grace", "top", **NOISY)
    other = login(t, "heidi", READER)
    while not with_top.ended() and now() < opened + 3 * IDLE:
        type_for(other, 0)
        time.sleep(2)
    ends(at_prompt, opened, IDLE - 2, IDLE + BLOCK + LATE)
    # Whether it was grace who typed shows at the next look only.
    ends(with_top, opened, IDLE, 2 * IDLE + BLOCK + LATE)
    never_warned(other)


def prepare():
    machine = BootedMachine(users=("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"))
    machine.write_policy({"defaults": {"idle": f"{IDLE}s", "warn": [f"{WARN}s"]}}, drop_in=booted.DROP_IN)
    must("systemctl", "reload", "idled.service")
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare, at_once=1))
