#!/usr/bin/python3
"""One policy for many kinds of users: who gets which limit, what a reload does, what is said of it.

Each case has users of its own, so that all rules stand in one policy. What changes it at run time
does so in a drop-in of its own, one case at a time.
"""

import json
import re
import shutil
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise, sshd  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import POLICY as POLICY_FILE, Machine  # noqa: E402
from idled_testing.sshd import Sshd  # noqa: E402
from idled_testing.waiting import now, wait_until  # noqa: E402

DONE, FAILED, USAGE, NO_SUCH_SESSION, NOT_PERMITTED = 0, 1, 2, 3, 4
FOLDER = POLICY_FILE.parent / "policy.d"
OTHER_SSHD, OTHER_PORT = "/usr/sbin/sshd-other", 2022
USERS = {"slow": [], "oscar": ["ops"], "trainee": ["ops", "trainees"], "hosty": [], "servy": [], "terry": [],
         "reporter": [], "windy": [], "capped": [], "holder": [], "shrinky": [], "growy": [], "admin": ["idled"]}


def next_minute():
    """The first full minute of the local clock that is at least 20 s away, and the one five minutes on."""
    edge = (int(time.time()) + 20 + 59) // 60 * 60
    return edge, "-".join(time.strftime("%H:%M", time.localtime(t)) for t in (edge, edge + 300))


EDGE, WINDOW = next_minute()
POLICY = {
    "defaults": {"idle": "20s", "warn": ["5s"]},
    "rules": [
        {"name": "slow", "match": {"user": "slow"}, "idle": "40s"},
        {"name": "operators", "match": {"group": ["ops", "!trainees"]}, "idle": "40s"},
        {"name": "v6", "match": {"user": "hosty", "host": "::1/128"}, "idle": "40s"},
        {"name": "other sshd", "match": {"user": "servy", "service": "sshd-other"}, "idle": "40s"},
        {"name": "odd", "match": {"user": "terry", "terminal": "pts/*[13579]"}, "idle": "40s"},
        # A shell keeps the TMOUT that it began with.
        {"name": "daemon alone", "match": {"user": ["growy", "terry"]}, "tmout": "off"},
        {"name": "trial", "match": {"user": "reporter"}, "mode": "report"},
        {"name": "half a minute", "match": {"user": "capped"}, "session": "35s", "warn": ["10s", "5s"]},
        {"name": "may hold", "match": {"user": "holder"}, "hold_max": "45s"},
        {"name": "in the window", "match": {"user": "windy", "time": WINDOW}, "idle": "20s"},
        {"name": "out of it", "match": {"user": "windy"}, "idle": "10m"},
        {"name": "long", "match": {"user": "shrinky"}, "idle": "10m"},
    ],
}

files = threading.Lock()  # held while a drop-in is not as the others need it


def write_drop_in(name, policy):
    """Whole at once: another case may be reloading."""
    text = policy if isinstance(policy, str) else json.dumps(policy)
    (FOLDER / f"{name}.new").write_text(text)
    (FOLDER / f"{name}.new").rename(FOLDER / name)


def idlectl(t, *arguments, user="root", status=DONE):
    result = t.machine.idlectl(*arguments, user=user)
    t.log(f"{user}: idlectl {' '.join(arguments)}: {result}")
    assert result.status == status, f"exit status {result.status} instead of {status}: {result}"
    return result


def explain(t, *arguments, user="root"):
    """What `idlectl explain` prints, without the spaces that make its columns."""
    return re.sub(" +", " ", idlectl(t, "explain", *arguments, user=user).stdout)


def rule_of(t, client):
    return t.machine.session_of(client)["rule"]


def assert_limits(t, short, long):
    """Two logins, each idle from its last key: one ends after 20 s, the other not before 40, and each says why."""
    (one, one_rule), (two, two_rule) = short, long
    one_key, two_key = one.type("\n"), two.type("\n")
    assert (rule_of(t, one), rule_of(t, two)) == (one_rule, two_rule)
    promise.assert_logged_out_between(one, one_key, 20, 29)
    promise.assert_told_why(one, "20 seconds", one_rule)
    promise.assert_alive(two, t.machine)
    promise.assert_logged_out_between(two, two_key, 40, 49)
    promise.assert_told_why(two, "40 seconds", two_rule)


# --- who, from where, how -------------------------------------------------------------------------------------


@case("two users with different limits at once")
def _(t):
    assert_limits(t, (t.login("alice"), "defaults"), (t.login("slow"), "slow"))


@case("a rule by group, and who is excluded by another")
def _(t):
    assert_limits(t, (t.login("trainee"), "defaults"), (t.login("oscar"), "operators"))


@case("a rule by host: 127.0.0.2 is not ::1")
def _(t):
    if not Path("/proc/net/if_inet6").exists():
        t.skip("no IPv6 here")
    assert_limits(t, (t.login("hosty", host="127.0.0.2"), "defaults"), (t.login("hosty", host="::1"), "v6"))


@case("a rule by service: an sshd of another name")
def _(t):
    assert_limits(t, (t.login("servy"), "defaults"), (t.login("servy", port=OTHER_PORT), "other sshd"))


@case("a rule by terminal")
def _(t):
    found = {}
    while len(found) < 2:  # the lowest number that is free is taken, so both kinds come
        client = t.login("terry")
        found.setdefault(int(client.terminal().removeprefix("pts/")) % 2, client)
    assert_limits(t, (found[0], "defaults"), (found[1], "odd"))


@case("a window of time: the limit changes when it opens, for who is there, and warns first", timeout=150)
def _(t):
    client = t.login("windy")
    assert rule_of(t, client) == "out of it"
    wait_until(lambda: time.time() >= EDGE - 2, "the window to be near", timeout=100)
    assert promise.WARNING.search(client.output.text) is None
    warning = promise.wait_for_warning(client, 10)
    assert time.time() >= EDGE, "before the window has opened"
    assert rule_of(t, client) == "in the window"
    promise.assert_logged_out_between(client, warning.time, 4.5, 7)
    promise.assert_told_why(client, "20 seconds", "in the window")


@case("report mode ends nobody, tells the user nothing, and records what would have been done")
def _(t):
    client = t.login("reporter")
    key = client.type("\n")
    session = t.machine.session_of(client)
    assert session["logout_at"] is None
    warned = t.machine.daemon.wait_for(f"Would warn (mode report) session {session['id']} of reporter", 28)
    said = t.machine.daemon.wait_for(f"Would log out (mode report): session {session['id']} of reporter", 32)
    assert 20 <= said.time - key <= 30, said.time - key
    assert 4.5 <= said.time - warned.time <= 6, said.time - warned.time
    promise.assert_alive_until(client, key + 40, t.machine)
    assert "***" not in client.output.text


# --- caps and holds -------------------------------------------------------------------------------------------


@case("a cap ends a session that is being typed in, and its transfer, having warned")
def _(t):
    client = t.login("capped")
    opened = client.type("\n")
    session = t.machine.session_of(client)
    assert (session["state"], session["logout_cause"]) == ("active", "idle"), session
    while not client.ended(2):  # so that it is never idle
        client.type("x")
        assert now() - opened < 45, "the cap has not ended it"
    promise.assert_logged_out_between(client, opened, 33, 38)
    shown = client.output.text
    assert "*** A login may last 35 seconds here, in use or not." in shown, shown
    assert re.search(r"\*\*\* You will be logged out in 10 seconds, at .* Please save your work\.", shown), shown
    assert "*** Logged out by idled: a login may last 35 seconds (rule: half a minute)." in shown, shown
    assert "cancelled" not in shown, shown
    logout = next(line for line in t.machine.daemon.log.text.splitlines()
                  if f"Logging out session {session['id']} of capped" in line)
    assert "IDLED_CAUSE=cap" in logout and "IDLED_RULE=half a minute" in logout, logout


@case("a hold by an administrator keeps one login and not its neighbour, and its end warns first")
def _(t):
    held, neighbour = t.login("terry"), t.login("terry")  # a shell without TMOUT
    held.type("\n")
    neighbour_key = neighbour.type("\n")
    session = t.machine.session_of(held)
    result = idlectl(t, "hold", session["id"], "--for", "55s", "--why", "a restore \x1b[2J")
    assert result.stdout.startswith(f"session {session['id']} of terry is held until "), result
    until = now() + 55
    session = t.machine.session_of(held)
    assert session["state"] == "held" and "held by root until " in session["hold"], session
    assert session["hold"].endswith(": a restore ?[2J"), session["hold"]
    odd = int(neighbour.terminal().removeprefix("pts/")) % 2
    promise.assert_logged_out_between(neighbour, neighbour_key, *((40, 49) if odd else (20, 29)))
    promise.assert_alive_until(held, until - 1, t.machine)
    assert "***" not in held.output.text, held.output.text
    warning = promise.wait_for_warning(held, 4)
    assert warning.time >= until - 1.5, f"{until - warning.time} s before the end of the hold"
    promise.assert_logged_out_between(held, warning.time, 4.5, 7)
    log, name = t.machine.daemon.log.text, f": session {session['id']} of terry"
    assert f"Held for 55s by root{name}" in log and f"The hold is over, its time is up{name}" in log, log


@case("a user holds their own login, up to hold_max, and no other's")
def _(t):
    mine, other = t.login("holder"), t.login("slow")
    mine.type("\n")
    session = t.machine.session_of(mine)
    others = t.machine.session_of(other)
    idlectl(t, "hold", others["id"], "--for", "10s", user="holder", status=NOT_PERMITTED)
    idlectl(t, "hold", "nonesuch", "--for", "10s", user="holder", status=NOT_PERMITTED)
    idlectl(t, "hold", "nonesuch", "--for", "10s", status=NO_SUCH_SESSION)
    too_long = idlectl(t, "hold", session["id"], "--for", "46s", user="holder", status=NOT_PERMITTED)
    assert "at most 45s (hold_max)" in too_long.stderr, too_long
    refused = idlectl(t, "hold", others["id"], "--for", "10s", user="slow", status=NOT_PERMITTED)
    assert "hold_max is 0" in refused.stderr, refused
    # As they would: in the shell, for the session that they are in.
    mine.type(f"idlectl hold {mine.terminal()} --for 30s --why lunch\n")
    began = mine.wait_for("is held until", 5).time
    assert t.machine.session_of(mine)["state"] == "held"
    idlectl(t, "hold", session["id"], "--end", user="slow", status=NOT_PERMITTED)
    promise.assert_alive_until(mine, began + 29, t.machine)
    promise.assert_logged_out_between(mine, began + 30, 4, 9)
    idlectl(t, "kick", others["id"])


# --- reloads --------------------------------------------------------------------------------------------------


@case("a reload that shortens a running limit: warned first, then logged out")
def _(t):
    client = t.login("shrinky")
    key = client.type("\n")
    promise.assert_alive_until(client, key + 32, t.machine)  # longer idle than the limit to come
    with files:
        write_drop_in("10-shrinky.json",
                      {"rules": [{"name": "short", "match": {"user": "shrinky"}, "idle": "20s", "warn": "5s"}]})
        reloaded = now()
        result = idlectl(t, "reload")
    assert result.stdout.startswith("policy in force: /etc/idled/policy.json and "), result
    assert promise.wait_for_warning(client, 2)[1] == "5"
    promise.assert_logged_out_between(client, reloaded, 5, 7.5)
    promise.assert_told_why(client, "20 seconds", "short")


@case("a reload that lengthens a running limit: a standing warning is taken back")
def _(t):
    client = t.login("growy")
    key = client.type("\n")
    promise.wait_for_warning(client)
    with files:
        write_drop_in("10-growy.json", {"rules": [{"name": "longer", "match": {"user": "growy"}, "idle": "60s"}]})
        idlectl(t, "reload")
    client.wait_for("*** The policy has changed: that logout is off.", 2)
    assert rule_of(t, client) == "longer" and t.machine.session_of(client)["state"] == "active"
    promise.assert_alive_until(client, key + 40, t.machine)
    promise.assert_logged_out_between(client, key, 60, 69)


@case("a broken reload changes nothing, and says so to the caller, in status and in the log")
def _(t):
    client = t.login("slow")
    with files:
        write_drop_in("90-broken.json", '{\n  "defaults": { "idel": "1s" },\n  "rules": [{ "name": "x", "mode": 7 }]\n}')
        result = idlectl(t, "reload", status=FAILED)
        status = idlectl(t, "status").stdout
        explained = explain(t, client.terminal())
        session = t.machine.session_of(client)
        (FOLDER / "90-broken.json").unlink()
        idlectl(t, "reload")
    first = f'{FOLDER}/90-broken.json:2:17: error: "idel" is not a known setting [/defaults/idel]\n' \
            '      "defaults": { "idel": "1s" },\n                    ^ did you mean "idle"?\n'
    second = f'{FOLDER}/90-broken.json:3:36: error: "mode" takes "enforce" or "report", not a number'
    assert first in result.stderr and second in result.stderr and result.stdout == "", result
    assert "the one before stays in force" in result.stderr
    assert 'did you mean "idle"?' in status and "not in force" in status, status
    t.machine.daemon.wait_for("The policy has errors, so the one before stays in force", 1)
    t.machine.daemon.wait_for('did you mean "idle"?', 1)
    assert "idle = 40s from slow" in explained
    assert (session["rule"], session["limit_seconds"]) == ("slow", 40)
    assert "idel" not in idlectl(t, "status").stdout, "mended, and still told of"


@case("a group that is made later is known after a reload")
def _(t):
    with files:
        write_drop_in("20-late.json", {"rules": [{"name": "late", "match": {"group": "latecomers"}, "idle": "40s"}]})
        assert 'warning: there is no group "latecomers"' in idlectl(t, "reload").stderr
        user = t.new_user(groups=["latecomers"])
        assert "latecomers" not in idlectl(t, "reload").stderr
    wait_until(lambda: rule_of(t, t.login(user)) == "late", "the rule to apply", timeout=5)


@case("reload is for administrators")
def _(t):
    idlectl(t, "reload", user="alice", status=NOT_PERMITTED)
    with files:
        idlectl(t, "reload", user="admin")


# --- explain and check ----------------------------------------------------------------------------------------


@case("explain says of every login what the engine does")
def _(t):
    clients = [t.login(user) for user in ("alice", "slow", "oscar", "trainee", "reporter", "windy")]
    for client in clients:
        session = wait_until(lambda c=client: t.machine.session_of(c), "the session to be listed")
        why = json.loads(idlectl(t, "explain", session["id"], "--json").stdout)
        idle = next(setting for setting in why["settings"] if setting["name"] == "idle")
        session = t.machine.session_of(client)
        assert idle["rule"] == session["rule"], (idle, session)
        assert why["login"]["id"] == session["id"] and why["login"]["terminals"] == [client.terminal()]
        # What is asked of the policy on disk comes to the same.
        user = f"{session['user']}@{session['remote_host']}"
        with files:
            there = json.loads(idlectl(t, "explain", user, "--terminal", client.terminal(), "--json").stdout)
        assert there["settings"] == why["settings"], (there, why)
        assert there["login"] | {"id": session["id"], "gids": 0} == why["login"] | {"gids": 0}


@case("explain of a login: one's own, another's, and none")
def _(t):
    client = t.login("oscar")
    session = t.machine.session_of(client)["id"]
    told = explain(t, session)
    for part in (f"session {session}\n", "user oscar (", "ops (", f"terminal {client.terminal()}\n",
                 "idle = 40s from operators (/etc/idled/policy.json:", "(in force)\n",
                 "does not match; user wants slow, is oscar ("):
        assert part in told, (part, told)
    own = explain(t, client.terminal(), user="oscar")
    assert "idle = 40s from operators" in own and "wants slow" not in own, own
    assert "rules do not match; root and the admin group are told which, and why" in own, own
    assert "wants slow" in idlectl(t, "explain", session, user="admin").stdout
    for name in (session, client.terminal(), "p999999", "pts/999"):
        idlectl(t, "explain", name, user="alice", status=NOT_PERMITTED)
    idlectl(t, "explain", "p999999", status=NO_SUCH_SESSION)
    idlectl(t, "explain", "--session", "alice", status=NO_SUCH_SESSION)
    idlectl(t, "explain", session, "--session", session, status=USAGE)


@case("explain of a login that might be, without rights and without the daemon")
def _(t):
    no_daemon = ("--socket", "/nowhere")
    with files:
        told = explain(t, *no_daemon, user="slow")
        assert "user slow (" in told and "idle = 40s from slow (" in told, told
        told = explain(t, "hosty@::1", *no_daemon, user="slow")
        assert "idle = 40s from v6 (" in told, told
        told = explain(t, "windy", "--at", WINDOW[:5], *no_daemon)
        assert "from in the window (" in told, told
        told = explain(t, "oscar@127.0.0.1", "--service", "sshd-other", *no_daemon)
        assert "service sshd-other\n" in told and "from operators (" in told, told
    idlectl(t, "explain", "no-such-user@127.0.0.1", status=FAILED)


@case("check, without a daemon: the installed policy, a file, a broken one")
def _(t):
    with files:
        installed = idlectl(t, "check", "--socket", "/nowhere", user="alice")
        assert installed.stdout.startswith("/etc/idled/policy.json"), installed
        assert installed.stdout.endswith(" rules, no errors\n"), installed
    broken = Path("/tmp/check.json")
    broken.write_text('{\n  "defaults": { "idle": "20 s" },\n  "rules": [{ "match": { "usr": "x" } }]\n}')
    for command in (("idlectl", "check", str(broken)), ("/usr/sbin/idled", "--check", "--policy", str(broken))):
        result = t.machine.run(*command, user="alice")
        assert result.status == FAILED and result.stdout == "", result
        for part in (f"{broken}:2:25: error: ", f'{broken}:3:13: error: a rule needs a "name"',
                     f'{broken}:3:26: error: "usr" is not a known key of a match', 'did you mean "user"?'):
            assert part in result.stderr, (part, result.stderr)
    for example in Path("/usr/share/doc/idled/examples").glob("*.json"):
        idlectl(t, "check", str(example))


# --- the machine ----------------------------------------------------------------------------------------------


def prepare():
    machine = Machine()
    for name, groups in USERS.items():
        machine.add_user(name, groups)
    shutil.copy("/usr/sbin/sshd", OTHER_SSHD)
    sshd.copy_pam("sshd", "sshd-other")
    machine.other_sshd = Sshd(port=OTHER_PORT, program=OTHER_SSHD)
    FOLDER.mkdir(parents=True, exist_ok=True)
    machine.start_daemon(POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
