#!/usr/bin/python3
"""Warnings and farewell on a screen of 80 columns that an editor has filled: whole, readable, and no harm done.

What the terminal shows is told by a terminal emulator (pyte), fed with every byte that the client printed.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

ROWS, COLUMNS = 24, 80
LONG = "a rule with a name that is as long as a name may be, which is 64"
MESSAGE = "Questions to the desk, room 4 \u00e4\u00f6: extension 1234. " + "Read the policy. " * 10
POLICY = {"defaults": {"idle": "20s", "warn": ["10s", "5s"]},
          "rules": [{"name": LONG, "match": {"user": "wordy"}, "idle": "20s", "message": MESSAGE}]}


def screen_of(client):
    """The lines of the screen, as wide as they are."""
    import pyte
    screen = pyte.Screen(COLUMNS, ROWS)
    pyte.ByteStream(screen).feed(bytes(client.output.raw))
    return [line.rstrip() for line in screen.display]


def open_editor(t, user="alice"):
    client = t.login(user)
    client.run("for n in $(seq -w 59); do echo $n $(printf 'x%.0s' $(seq 76)); done > notes")
    client.type("TERM=vt100 vi -n notes\n")
    wait_until(lambda: screen_of(client)[0] == "01 " + "x" * 76, "the editor's screen", 10)
    return client


def notes_of(t, user):
    return (t.machine.users[user].home / "notes").read_text()


def notices_on(lines):
    return [line for line in lines if line.startswith("***")]


@case("a warning stands whole in the middle of an editor's screen, which a redraw brings back")
def _(t):
    client = open_editor(t)
    client.type("10G")
    before = notes_of(t, "alice")
    promise.wait_for_warning(client)
    client.wait_for("(rule: defaults).", 2)
    lines = screen_of(client)
    t.log("\n" + "\n".join(lines))
    first = next(i for i, line in enumerate(lines) if line.startswith("*** No input for "))
    assert lines[first].endswith(" seconds."), lines[first]  # and none of the x behind
    assert lines[first + 1].startswith("*** You will be logged out in 10 seconds, at "), lines[first + 1]
    assert lines[first + 1].endswith(". Press Enter to stay."), lines[first + 1]
    assert lines[first + 2] == "*** idled: the limit is 20 seconds (rule: defaults).", lines[first + 2]
    assert sum(line.endswith("x" * 76) for line in lines) >= ROWS - 6, "the rest of the screen is the editor's"
    client.type("\n")
    client.wait_for(promise.CANCELLED, 2)
    client.type("\x0c")  # as everybody does then
    wait_until(lambda: not notices_on(screen_of(client)), "the redrawn screen", 5)
    assert screen_of(client)[0] == "01 " + "x" * 76
    client.type(":wq\n")
    client.prompt()
    assert notes_of(t, "alice") == before, "the file has changed"


@case("at the bottom of the screen, too, and the farewell is the last to be read")
def _(t):
    client = open_editor(t, "edith")
    key = client.type("L")
    promise.assert_logged_out_between(client, key)
    lines = screen_of(client)
    t.log("\n" + "\n".join(lines))
    told = "*** Logged out by idled: no input for 20 seconds (rule: defaults)."
    assert told in lines, lines
    below = [line for line in lines[lines.index(told) + 1:] if line]
    assert len(below) <= 1 and all("closed" in line for line in below), below
    assert any(line.startswith("*** You will be logged out in 5 seconds, at ") for line in lines), lines


@case("a long name and a long message wrap nothing, and bring no escape")
def _(t):
    client = open_editor(t, "wordy")
    key = client.type("10G")
    promise.assert_logged_out_between(client, key)
    said = bytes(client.output.raw)
    notices = [part for part in said.split(b"\n") if b"***" in part]
    assert len(notices) >= 8, notices
    for notice in notices:
        text = notice.strip(b"\r\x07")
        assert len(text) < COLUMNS and all(0x20 <= byte < 0x7f for byte in text), notice
    lines = notices_on(screen_of(client))
    told = " ".join(line.removeprefix("*** ") for line in lines)
    assert f"(rule: {LONG})." in told, told
    assert "Questions to the desk, room 4 ????: extension 1234. " + "Read the policy. " * 9 in told, told


def prepare():
    machine = Machine()
    machine.add_user("edith")
    machine.add_user("wordy")
    machine.start_daemon(POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
