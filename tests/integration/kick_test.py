#!/usr/bin/python3
"""idlectl kick: who may end whose login, how they are told, and what the caller hears of it."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import now, wait_until  # noqa: E402

DONE, USAGE, NO_SUCH_SESSION, NOT_PERMITTED = 0, 2, 3, 4
NOBODY = ("p999999", "pts/999", "/dev/pts/999", "c1")


def id_of(t, client):
    return wait_until(lambda: t.machine.session_of(client), f"the list to show {client.name}")["id"]


def kick(t, *arguments, user="root", status=DONE):
    """Runs idlectl kick, and expects that exit status; what it said, and how long it took."""
    started = now()
    result = t.machine.idlectl("kick", *arguments, user=user)
    lasted = now() - started
    t.log(f"{user}: kick {' '.join(arguments)}: {result} after {lasted:.2f} s")
    assert result.status == status, f"exit status {result.status} instead of {status}: {result}"
    return result, lasted


def assert_gone(client, by="root"):
    """As it is when idlectl has returned, which waits until it is done.

    What ignored the hangup may run on, without a terminal: as a job of nohup does.
    """
    assert client.ended(1), "idlectl said that it is done"
    assert f"*** Logged out by {by}." in client.output.text
    assert client.shell_pid() is None, "its shell is left"


# --- whom ----------------------------------------------------------------------------------------------------


@case("by id")
def _(t):
    client, other = t.login("alice"), t.login("alice")
    session = id_of(t, client)
    result, _ = kick(t, session)
    assert re.fullmatch(rf"logged out (alice \()?session {session}.*\n", result.stdout), result
    assert_gone(client)
    assert session not in [each["id"] for each in t.machine.sessions()]
    promise.assert_alive(other, t.machine)


@case("by terminal, in both spellings")
def _(t):
    for prefix in ("", "/dev/"):
        client, other = t.login("alice"), t.login("alice")
        kick(t, prefix + client.terminal())
        assert_gone(client)
        promise.assert_alive(other, t.machine)


@case("by user: all of their logins, with a terminal or without")
def _(t):
    user = t.new_user()
    clients = [t.login(user), t.login(user), t.ssh(user, "sleep 99", tty=False), t.ssh(user, no_command=True)]
    wait_until(lambda: sum(each["user"] == user for each in t.machine.sessions()) == 4, "four sessions")
    other = t.login("alice")
    kick(t, "--user", user)
    for client in clients:
        assert client.ended(1)
        assert client.shell_pid() is None
    promise.assert_alive(other, t.machine)


@case("several at once, of which one does not exist: the others go, and the status says so")
def _(t):
    one, two = t.login("alice"), t.login("bob")
    result, _ = kick(t, id_of(t, one), "p999999", two.terminal(), status=NO_SUCH_SESSION)
    assert "p999999" in result.stderr, result
    assert_gone(one)
    assert_gone(two)


@case("nobody: exit status 3")
def _(t):
    for name in NOBODY:
        kick(t, name, status=NO_SUCH_SESSION)
    kick(t, "--user", "nobody", status=NO_SUCH_SESSION)
    kick(t, "--user", "no-such-user", status=NO_SUCH_SESSION)


@case("nonsense: exit status 2, and nobody is hurt")
def _(t):
    client = t.login("alice")
    for arguments in ((), ("",), ("--in", "soon", client.terminal()), ("--user", "alice", client.terminal())):
        kick(t, *arguments, status=USAGE)
    promise.assert_alive(client, t.machine)


@case("a command without a terminal ends with its connection")
def _(t):
    user = t.new_user()
    client = t.ssh(user, "echo started; exec sleep 300", tty=False)
    client.wait_for("started")
    kick(t, "--user", user)
    assert client.ended(1), "idlectl said that it is done"
    wait_until(lambda: not client.processes(), "the command to be gone", timeout=3)


@case("a shell, and a program in front, that ignore signals")
def _(t):
    client = t.login("alice")
    client.type("trap '' HUP TERM INT; sleep 999\n")
    wait_until(lambda: len(client.processes()) == 2, "sleep to run")
    _, lasted = kick(t, client.terminal())
    assert lasted < 12, f"it took {lasted:.1f} s"
    assert_gone(client)


@case("a client that has stopped reading")
def _(t):
    client = t.login("alice")
    session = id_of(t, client)
    client.freeze()
    kick(t, session)
    assert client.shell_pid() is None
    assert session not in [each["id"] for each in t.machine.sessions()]


# --- by whom -------------------------------------------------------------------------------------------------


@case("a user's list shows their own logins only")
def _(t):
    user = t.new_user()
    mine, theirs = [t.login(user), t.ssh(user, no_command=True)], t.login("bob")
    promise.assert_alive(theirs, t.machine)
    ids = sorted(id_of(t, client) for client in mine)
    assert sorted(session["id"] for session in t.machine.sessions(user=user)) == ids
    table = t.machine.idlectl("list", user=user)
    assert table.status == 0 and "bob" not in table.stdout and user in table.stdout, table
    assert t.machine.sessions(user=t.new_user()) == []


@case("a user may not end another's login, by any name: exit status 4")
def _(t):
    client = t.login("bob")
    # Whether it exists is not for them to know: the answer is the same.
    for target in (id_of(t, client), client.terminal(), *NOBODY):
        kick(t, target, user="carol", status=NOT_PERMITTED)
    kick(t, "--user", "bob", user="carol", status=NOT_PERMITTED)
    kick(t, "--user", "no-such-user", user="carol", status=NOT_PERMITTED)
    promise.assert_alive(client, t.machine)
    assert "carol" not in client.output.text


@case("a user may end their own logins: by id, terminal and name")
def _(t):
    user = t.new_user()
    for name in (lambda client: [id_of(t, client)], lambda client: [client.terminal()], lambda _: ["--user", user]):
        client = t.login(user)
        kick(t, *name(client), user=user)
        assert_gone(client, by=user)


@case("one's own login, from within it")
def _(t):
    client = t.login("alice")
    client.type("idlectl kick $(tty)\n")
    assert client.ended(10)
    assert "*** Logged out by alice." in client.output.text
    promise.assert_nothing_left(client)


@case("a member of the admin group may do as root does")
def _(t):
    client = t.login("bob")
    assert id_of(t, client) in [session["id"] for session in t.machine.sessions(user="admin")]
    kick(t, client.terminal(), user="admin")
    assert client.ended(1)


# --- how -----------------------------------------------------------------------------------------------------


@case("-m TEXT: the user reads it, without what could steer their terminal")
def _(t):
    client = t.login("alice")
    kick(t, client.terminal(), "-m", "Back at five.\nRoot was here \x1b[31m\x07 \u202e")
    assert_gone(client)
    said = client.output.text.rpartition("*** Logged out by root.")[2]
    assert "*** Back at five.?Root was here ?[31m?" in said, said


@case("--in 3s: told now, logged out then, and keys do not put it off")
def _(t):
    client = t.login("alice")
    session = id_of(t, client)
    started = now()
    waiter = t.run(["idlectl", "kick", session, "--in", "3s", "-m", "the disk is full"])
    client.wait_for(re.compile(r"You will be logged out in 3 seconds, at \d\d:\d\d:\d\d, by root\."), 2)
    client.wait_for("the disk is full", 1)
    assert t.machine.session_of(client)["state"] == "warned"
    assert not waiter.ended()
    client.type("\n")
    promise.assert_logged_out_between(client, started, 3, 5)
    assert waiter.wait(2) == DONE, waiter.evidence()
    assert f"session {session}" in waiter.output.text and waiter.ended_at - started >= 3
    client.wait_for("*** Logged out by root.", 0)
    assert promise.CANCELLED not in client.output.text


@case("--no-wait: returns at once")
def _(t):
    client = t.login("alice")
    result, _ = kick(t, client.terminal(), "--no-wait")
    assert "is being logged out" in result.stdout, result
    assert client.ended(5)
    client = t.login("alice")
    started = now()
    result, lasted = kick(t, client.terminal(), "--no-wait", "--in", "5s")
    assert lasted < 3 and "will be logged out in 5s" in result.stdout, result
    promise.assert_logged_out_between(client, started, 5, 7)


@case("waiting is the default: of a login that takes long to end, too")
def _(t):
    client = t.login("alice")
    client.type("trap '' HUP TERM; while :; do sleep 1; done\n")
    wait_until(lambda: len(client.processes()) == 2, "the loop to run")
    kick(t, id_of(t, client))
    assert_gone(client)


def prepare():
    machine = Machine()
    machine.add_user("admin", groups=["idled"])
    machine.start_daemon({"defaults": {"idle": "5m"}})
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
