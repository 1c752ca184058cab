#!/usr/bin/python3
"""Installed by apt on a Debian that runs systemd and logind: what it does there, within the unit's hardening."""

import json
import re
import sys
import threading
from pathlib import Path

import booted
from booted import BootedMachine, apt, must, property_of
from idled_testing import cases, promise
from idled_testing.cases import case
from idled_testing.waiting import now, until, wait_until

LOGOUT = "388bdcef323e5568840564d4c552bc62"
# CapabilityBoundingSet of the unit, by the numbers of linux/capability.h: DAC_OVERRIDE, KILL, SYS_PTRACE, SYS_ADMIN,
# AUDIT_WRITE.
CAPABILITIES = 1 << 1 | 1 << 5 | 1 << 19 | 1 << 21 | 1 << 29


def session(t, client) -> dict:
    found = t.machine.session_of(client)
    assert found, f"{client.name} is not in idlectl list: {t.machine.sessions()}"
    return found


@case("what apt installed is on: units, group, PAM line, man pages")
def _(t):
    for unit in ("idled.socket", "idled.service"):
        assert must("systemctl", "is-enabled", unit).strip() == "enabled"
        assert property_of("ActiveState", unit) in ("active", "reloading"), unit
    assert must("getent", "group", "idled").startswith("idled:")
    lines = [line.split() for line in Path("/etc/pam.d/common-session").read_text().splitlines()
             if line.startswith("session")]
    modules = [next(word for word in line if word.endswith(".so")) for line in lines]
    assert modules.index("pam_systemd.so") < modules.index("pam_idled.so"), modules
    assert "pam_idled" not in Path("/etc/pam.d/common-session-noninteractive").read_text()
    assert must("dpkg", "--verify", "idled") == ""
    assert "libaudit1" in must("dpkg-query", "-Wf", "${Depends}", "idled")  # as dpkg-shlibdeps found it


@case("the id is loginctl's; an idle login ends on time, told why, and is gone from loginctl")
def _(t):
    client = t.login("alice")
    key = client.type("\n")
    mine = session(t, client)
    assert booted.logind_sessions().get(mine["id"]) == client.leader_pid() == mine["leader_pid"], \
        f"{mine} {booted.logind_sessions()}"
    promise.assert_logged_out_between(client, since=key)
    promise.assert_told_why(client)
    wait_until(lambda: mine["id"] not in booted.logind_sessions(), "loginctl to forget the session")
    promise.assert_nothing_left(client)
    said = [entry for entry in booted.records(f"MESSAGE_ID={LOGOUT}") if entry["IDLED_SESSION"] == mine["id"]]
    assert len(said) == 1 and said[0]["IDLED_USER"] == "alice", said
    assert said[0]["_SYSTEMD_UNIT"] == "idled.service", said
    told = [json.loads(line) for line in t.machine.idlectl("events", "--json", "--kind", "logout").stdout.splitlines()]
    assert [event["cause"] for event in told if event["session"] == mine["id"]] == ["idle"], told
    explained = must("journalctl", "-x", "--no-pager", f"MESSAGE_ID={LOGOUT}", "IDLED_USER=alice")
    assert "alice is logged out" in explained, explained


@case("utmp or none, each login of a crowd ends on time")
def _(t):
    assert Path("/run/utmp").exists() == booted.HAS_UTMP
    crowd = [(client, client.type("\n")) for client in (t.login("bob") for _ in range(5))]
    for client, key in crowd:
        promise.assert_logged_out_between(client, since=key)


@case("who types stays")
def _(t):
    client = t.login("alice")
    for _ in range(5):
        until(now() + 8)
        promise.assert_alive(client)
        client.type("\n")


@case("root, without a monitor of sshd's, ends on time")
def _(t):
    client = t.login("root")
    promise.assert_logged_out_between(client, since=client.type("\n"))


@case("a terminal of mode 000 and a job that ignores hangups end on time")
def _(t):
    client = t.login("alice")
    key = client.type("chmod 000 $(tty); trap '' HUP TERM; bash -c \"trap '' HUP TERM; sleep 4000\"\n")
    promise.assert_logged_out_between(client, since=key, high=34)


@case("a loop of touch does not keep a quiet connection")
def _(t):
    client = t.login("alice")
    key = client.type("while :; do touch $(tty); sleep 1; done\n")
    promise.assert_logged_out_between(client, since=key, high=50)


@case("login(1) on a terminal of its own ends on time")
def _(t):
    client = t.run(["login", "-f", "alice"], on_pty=True)
    client.wait_for(re.compile(r"[$] \Z"), 20)
    key = client.type("\n")
    promise.assert_logged_out_between(client, since=key)


def sleeper(seconds: int) -> list[str]:
    return must("sh", "-c", f"pgrep -f '^sleep {seconds}$' || true").split()


@case("nohup's job goes on behind a login that ended, by default")
def _(t):
    client = t.login("alice")
    key = client.type("setsid nohup sleep 47110 >/dev/null 2>&1 & disown\n")
    promise.assert_logged_out_between(client, since=key)
    until(now() + 4)
    assert sleeper(47110), "was killed with the login"


@case("leftovers: kill takes all of the scope that logind made")
def _(t):
    client = t.login("dora")
    mine = session(t, client)
    explained = t.machine.idlectl("explain", mine["id"]).stdout  # NSS has answered, from within the hardening
    assert re.search(r"(?m)^leftovers +=? *kill +from leftovers", explained), explained
    key = client.type("(setsid setsid nohup sleep 47111 >/dev/null 2>&1 &)\n")
    wait_until(lambda: sleeper(47111), "the job to run")
    promise.assert_logged_out_between(client, since=key, high=34)
    wait_until(lambda: not sleeper(47111), "the job to be ended")
    wait_until(lambda: mine["id"] not in booted.logind_sessions(), "loginctl to forget the session")
    assert must("systemctl", "list-units", "--no-legend", f"session-{mine['id']}.scope").strip() == ""


@case("a kick ends the whole login, its tunnel and second window too")
def _(t):
    master = t.ssh("bob", no_command=True, control="/tmp/mux-bob", master=True)
    wait_until(lambda: Path("/tmp/mux-bob").exists(), "the master's socket")
    one, two = t.login("bob", control="/tmp/mux-bob"), t.login("bob", control="/tmp/mux-bob")
    mine = session(t, one)
    assert mine["id"] == session(t, two)["id"]
    kicked = t.machine.idlectl("kick", mine["id"], "-m", "maintenance")
    assert kicked.status == 0, kicked
    for client in (one, two, master):
        assert client.ended(10), f"{client.name} goes on"
    wait_until(lambda: mine["id"] not in booted.logind_sessions(), "loginctl to forget the session")


@case("a user sees and ends their own logins alone, through the socket that systemd made")
def _(t):
    client = t.login("bob")
    mine = session(t, client)
    assert t.machine.idlectl("kick", mine["id"], user="alice").status in (3, 4)
    promise.assert_alive(client)
    assert t.machine.idlectl("kick", mine["id"], user="bob").status == 0


@case("the hardening is in force, and takes no witness away")
def _(t):
    pid = booted.main_pid()
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1", status
    for name in ("CapBnd", "CapPrm", "CapEff"):
        assert int(status[name], 16) == CAPABILITIES, f"{name} {status[name]}"
    assert int(status["CapAmb"], 16) == 0
    mounts = [line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    root = [mount for mount in mounts if mount[4] == "/"][-1]
    assert "ro" in root[5].split(","), root
    assert property_of("DevicePolicy") == "closed"
    # As systemd has them: where the machine itself is limited, it goes on with less.
    assert property_of("OOMScoreAdjust") == "-900"
    assert property_of("LimitNOFILE") == "65536"
    said = t.machine.idlectl("status").stdout
    for witness in ("INET_DIAG", "inotify"):
        assert witness.lower() in said.lower(), said


@case("a refused policy is a failed reload, and the daemon goes on")
def _(t):
    before = booted.main_pid()
    must("systemctl", "reload", "idled.service")
    broken = t.machine.write_policy('{ "defaults": { "idel": "20s" } }', drop_in="90-broken.json")
    try:
        assert t.machine.run("systemctl", "reload", "idled.service").status != 0
    finally:
        broken.unlink()
    assert property_of("ActiveState") == "active" and booted.main_pid() == before
    wait_until(lambda: any("idel" in entry["MESSAGE"] for entry in booted.records("_SYSTEMD_UNIT=idled.service")),
               "the journal to name the error")
    must("systemctl", "reload", "idled.service")
    assert property_of("ActiveState") == "active"


# What a doctor may find on a new Debian, none of it wrong, and none of it of the package's making.
TO_BE_EXPECTED = {
    "kernel.tiocsti-allowed": "doubtful",  # Debian's default, where the kernel has a choice
    "kernel.tiocsti-unknown": "note",      # where it has none
    "kernel.no-utmp": "note",              # Debian 13
    "sshd.dead-peers-linger": "note",      # sshd's default
}


@case("to the doctor, a Debian with the package fresh on it is right, and what there is to say of it is true")
def _(t):
    findings = {each["id"]: each for each in t.machine.fresh}
    ill = {name: each["severity"] for name, each in findings.items() if each["severity"] != "good"}
    assert ill.items() <= TO_BE_EXPECTED.items(), ill
    assert ("kernel.no-utmp" in ill) != booted.HAS_UTMP, ill
    assert "sshd.dead-peers-linger" in ill and {"clientaliveinterval 0"} <= set(must("sshd", "-T").splitlines()), ill
    tiocsti = Path("/proc/sys/dev/tty/legacy_tiocsti")
    allowed = tiocsti.read_text().strip() == "1" if tiocsti.exists() else None
    assert ("kernel.tiocsti-allowed" in ill) == (allowed is True), ill
    assert ("kernel.tiocsti-unknown" in ill) == (allowed is None), ill
    good = " ".join(each["what"] for each in findings.values() if each["severity"] == "good")
    for claim in ("in the session stack of sshd and login", "started at boot", "logind ends no idle sessions",
                  "TMOUT by /etc/profile.d/idled.sh", "INET_DIAG"):
        assert claim in good, f"{claim!r} is not among: {good}"


def prepare():
    machine = BootedMachine()
    machine.add_user("dora", groups=["leftovers"])
    knocks, stop = [], threading.Event()

    def knock():  # sshd lets people in at every moment of the installation
        while not stop.is_set():
            client = machine.ssh("alice", "true", tty=False)
            knocks.append(client.wait())
    knocking = threading.Thread(target=knock)
    knocking.start()
    apt("install", booted.package())
    stop.set()
    knocking.join()
    assert knocks and not any(knocks), f"ssh's exit statuses while apt installed: {knocks}"
    wait_until(lambda: not machine.sessions(), "the last of them to be gone")
    machine.fresh = json.loads(must("idlectl", "doctor", "--json"))
    booted.use_policy(machine, booted.POLICY)
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
