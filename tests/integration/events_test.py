#!/usr/bin/python3
"""Who is told of what happens, while it happens and afterwards; and that nobody who listens holds anybody up."""

import json
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, varlink  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.daemon import SOCKET  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

EVENTS = "io.idled.Sessions.Events"


def past(t, *arguments, user="root"):
    done = t.machine.idlectl("events", "--json", *arguments, user=user)
    assert done.status == 0, done
    return [json.loads(line) for line in done.stdout.splitlines()]


@case("a login's events are told as they come, from opened to ended")
def _(t):
    follower = t.run(["idlectl", "events", "--follow", "--json", "--since", "1m", "--user", "alice"])
    client = t.login("alice")
    session = wait_until(lambda: t.machine.session_of(client), "the login")["id"]

    def told():
        events = map(json.loads, follower.output.text.split("\n")[:-1])
        return [event for event in events if event["session"] == session]

    wait_until(lambda: told() and told()[-1]["kind"] == "ended", "the end", timeout=40)
    told = told()
    assert [event["kind"] for event in told] == ["opened", "warned", "logout", "ended"], told
    assert {event["user"] for event in told} == {"alice"}, told
    logout = told[2]
    assert logout["cause"] == "idle" and logout["rule"] == "short" and logout["limit_seconds"] == 12, logout
    assert [event["kind"] for event in past(t, "--user", "alice")][:4] == ["opened", "warned", "logout", "ended"]


@case("a user is told of their own logins alone")
def _(t):
    own, others = t.login("bob"), t.login("carol")
    wait_until(lambda: t.machine.session_of(own) and t.machine.session_of(others), "both logins")
    told = past(t, user="bob")
    assert told and {event["user"] for event in told} == {"bob"}, told
    assert past(t, "--user", "carol", user="bob") == []
    assert {"bob", "carol", None} <= {event["user"] for event in past(t)}, "root is told of all, and of the daemon"


@case("a kick and a hold are told with who and why")
def _(t):
    client = t.login("bob")
    session = wait_until(lambda: t.machine.session_of(client), "the login")["id"]
    assert t.machine.idlectl("hold", session, "--for", "1m", "--why", "a test").status == 0
    assert t.machine.idlectl("kick", session, "-m", "over").status == 0
    told = {event["kind"]: event for event in past(t, "--kind", "held,kick-requested,logout") if event["session"] == session}
    assert told["held"]["by"] == "root" and told["held"]["reason"] == "a test" and told["held"]["hold_seconds"] == 60
    assert told["kick-requested"]["reason"] == "over" and told["logout"]["cause"] == "kick", told


@case("any Varlink client can follow")
def _(t):
    client = varlink.Client(SOCKET)
    replies = client.replies(EVENTS, follow=True, past=False)
    assert next(replies)["events"] == []
    assert t.machine.idlectl("reload").status == 0
    assert "policy-loaded" in [event["kind"] for event in next(replies)["events"]]
    client.close()
    try:
        varlink.Client(SOCKET).call(EVENTS, follow=True)
    except varlink.Refused as error:
        assert error.name == "org.varlink.service.ExpectedMore", error
    else:
        raise AssertionError("who takes one reply cannot follow")


@case("who follows and does not read holds nobody up, and is told no more")
def _(t):
    deaf = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    deaf.connect(str(SOCKET))
    deaf.sendall(json.dumps({"method": EVENTS, "parameters": {"follow": True}, "more": True}).encode() + b"\0")
    client = t.login("bob")
    session = wait_until(lambda: t.machine.session_of(client), "the login")["id"]
    holder = varlink.Client(SOCKET)
    for _ in range(2000):  # events of some 700 bytes: more than the socket takes and the daemon keeps
        done = holder.call("io.idled.Sessions.Hold", session=session, seconds=60, why="x" * 200)
        assert done["session"] == session
    deaf.settimeout(30)
    text = b""
    while b'"error"' not in text:
        text += deaf.recv(65536)
    last = json.loads(text.split(b"\0")[-2])
    assert last == {"error": "io.idled.Sessions.TooSlow", "parameters": {}}, last


def prepare():
    machine = Machine()
    machine.start_daemon({"defaults": {"idle": "1h"},
                          "rules": [{"name": "short", "match": {"user": "alice"}, "idle": "12s", "warn": ["5s"]}]})
    return machine


# One after the other: the flood takes the past away from all.
sys.exit(cases.main(prepare, at_once=1))
