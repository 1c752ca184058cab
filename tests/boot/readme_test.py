#!/usr/bin/python3
"""README.md, followed to the letter by an administrator who has a checkout, and a Debian 12 with nothing else on it.

Every command of it has an entry here, that runs it and looks at what has come of it. One that has none fails the test,
and so does an entry that README.md does not have. With --known nothing is run: check.readme.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise, readme  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.process import Process  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

SOURCE = Path(__file__).resolve().parents[2]
CHECKOUT = Path("/root/idled")
POLICY = Path("/etc/idled/policy.json")
MINUTES = 60  # seconds

entries = {}  # a command, or a block that is put somewhere -> what does it


def entry(*texts):
    def enter(function):
        entries.update({text: function for text in texts})
        return function
    return enter


class Administrator:
    """At a shell of root's in the checkout, with whoever is logged in."""

    def __init__(self, machine):
        self.machine, self.transcript = machine, ""
        self.clients = {}

    def types(self, command, timeout=60, answer="", status=0):
        done = subprocess.run(["bash", "-c", command], cwd=CHECKOUT, input=answer, capture_output=True, text=True,
                              timeout=timeout)
        assert done.returncode == status, f"exit status {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}"
        return done.stdout

    def login(self, user):
        """A login of that user's; the same one until it has ended."""
        client = self.clients.get(user)
        if client is None or client.ended(0):
            client = self.clients[user] = self.machine.login(user)
        return client

    def session(self, user):
        return wait_until(lambda: self.machine.session_of(self.login(user)), f"{user} to be listed")


def is_registered(admin, user):
    """By PAM, at the login, and not found later."""
    client = admin.login(user)
    mine = wait_until(lambda: admin.machine.session_of(client), "the login")
    said = admin.types(f"journalctl -o cat IDLED_EVENT=opened IDLED_LEADER={mine['leader_pid']}")
    return f" of {user} " in said


# --- the commands ----------------------------------------------------------------------------------------------


@entry("tools/demo")
def _(admin, command):
    shown = admin.types(command, timeout=15 * MINUTES)
    said = [line.split("| ", 1)[1] for line in shown.splitlines() if "user | ***" in line]
    # What the top of the page shows is what it says, but for the numbers.
    for line in admin.transcript.splitlines()[1:]:
        assert any(same_but_for_numbers(line) == same_but_for_numbers(one) for one in said), f"{line!r}: {said}"


def same_but_for_numbers(line):
    return re.sub(r"\d+ (second|minute)s?", "N", re.sub(r"\d\d:\d\d:\d\d", "TIME", line.strip()))


@entry("tools/packages build", "cmake --preset release", "cmake --build build/release",
       "cpack -G DEB --config build/release/CPackConfig.cmake -B build/release",
       "systemd-sysusers", "systemctl daemon-reload", "mkdir -p /etc/idled/policy.d",
       "echo '{ \"defaults\": { \"mode\": \"report\" } }' > /etc/idled/policy.d/00-trial.json")
def _(admin, command):
    admin.types(command, timeout=15 * MINUTES)


@entry("apt install ./build/release/idled_*.deb")
def _(admin, command):
    admin.types(command)
    assert is_registered(admin, "alice")
    assert re.search(r"(?m)^mode +=? *report", admin.types(f"idlectl explain {admin.session('alice')['id']}"))
    assert admin.login("alice").run("echo ${TMOUT-unset}") == "unset\n", "on trial the shell ends nobody either"


@entry("idlectl doctor")
def _(admin, command):
    found = admin.types(command)
    assert re.search(r"(?m)^good +idled [0-9.]+ runs", found) and re.search(r"(?m)^0 wrong, ", found), found


@entry("journalctl -u idled -g Would")
def _(admin, command):
    # Five minutes of nothing, by the policy that is in force: a shorter one tells the same sooner.
    trial = Path("/etc/idled/policy.d/00-trial.json")
    before = trial.read_text()
    trial.write_text('{ "defaults": { "mode": "report", "idle": "5s", "warn": [] } }')
    admin.types("idlectl reload")
    client = admin.login("alice")
    wait_until(lambda: subprocess.run(command.split(), capture_output=True).returncode == 0, "the journal to say so", 40)
    assert re.search(r"Would .*alice", said := admin.types(command)), said
    promise.assert_alive(client)
    trial.write_text(before)
    admin.types("idlectl reload")


@entry("rm /etc/idled/policy.d/00-trial.json")
def _(admin, command):
    admin.types(command)


@entry("idlectl reload")
def _(admin, command):
    admin.types(command)
    assert re.search(r"(?m)^mode +=? *enforce", said := admin.types("idlectl explain root")), said


@entry("apt purge idled")
def _(admin, command):
    client = admin.login("alice")
    admin.types(command, answer="y\n")
    promise.assert_alive(client)
    left = [path for path in ("/usr/sbin/idled", "/usr/bin/idlectl", "/etc/idled", "/var/lib/idled", "/run/idled")
            if os.path.lexists(path)]
    assert not left and "idled:" in admin.types("getent group idled"), left


@entry("cmake --install build/release")
def _(admin, command):
    admin.types(command)
    ours = POLICY.read_text() + "// ours\n"
    POLICY.write_text(ours)
    admin.types(command)  # as a newer one is installed
    assert POLICY.read_text() == ours


@entry("systemctl enable --now idled")
def _(admin, command):
    client = admin.machine.login("bob")
    admin.types(command)
    for unit in ("idled.service", "idled.socket"):
        admin.types(f"systemctl is-enabled {unit} && systemctl is-active {unit}")
    # "Logins from before are adopted when the daemon starts."
    wait_until(lambda: admin.machine.session_of(client), "the login from before")
    client.close()


@entry("session optional pam_idled.so")
def _(admin, line):
    for service in ("sshd", "login"):
        with open(f"/etc/pam.d/{service}", "a") as stack:
            stack.write(line + "\n")
    admin.clients.clear()
    assert is_registered(admin, "alice")
    # "The shells' own TMOUT, a readonly backstop at twice the limit"
    assert admin.login("alice").run("readonly -p | grep TMOUT") == 'declare -r TMOUT="600"\n'


@entry("""{
  "defaults": { "idle": "5m", "warn": ["1m", "10s"] },
  "rules": [
    { "name": "operators", "match": { "group": "ops" }, "idle": "30m" },
    { "name": "pilot", "match": { "user": ["alice", "bob"] }, "mode": "report" }
  ]
}""")
def _(admin, policy):
    POLICY.write_text(policy)


@entry("idlectl check")
def _(admin, command):
    assert admin.types(command).strip() != ""
    broken = POLICY.with_name("policy.d") / "99-broken.json"
    broken.write_text('{ "defaults": { "idel": "5m" } }')
    try:
        done = subprocess.run(command.split(), capture_output=True, text=True)
        # "what is wrong with it, with file, line and column"
        assert done.returncode == 1 and f"{broken}:1:17" in done.stdout + done.stderr, done
    finally:
        broken.unlink()


@entry("idlectl explain bob@192.0.2.7")
def _(admin, command):
    assert re.search(r"(?m)^mode +=? *report +from pilot", said := admin.types(command)), said


@entry("idlectl explain pts/3")
def _(admin, command):
    terminal = admin.session("alice")["terminals"][0]["name"]
    assert re.search(r"(?m)^idle +=? *5m +from defaults", said := admin.types(command.replace("pts/3", terminal))), said


@entry("idlectl list")
def _(admin, command):
    admin.login("alice")
    assert re.search(r"alice +pts/\d+ +127\.0\.0\.1 ", said := admin.types(command)), said


@entry("idlectl list --watch")
def _(admin, command):
    screen = Process(command.split(), on_pty=True)
    screen.wait_for("alice", 10)
    screen.type("\x03")
    assert screen.ended(5)
    screen.close()


@entry("idlectl kick pts/3 -m maintenance")
def _(admin, command):
    client, session = admin.login("alice"), admin.session("alice")
    admin.types(command.replace("pts/3", session["terminals"][0]["name"]))
    assert client.ended(5) and "maintenance" in client.output.text, client.output.text


@entry("idlectl kick --user bob --in 10m --no-wait")
def _(admin, command):
    client = admin.login("bob")
    admin.session("bob")
    admin.types(command)
    client.wait_for("10 minutes", 5)


@entry("idlectl hold c3 --for 2h --why demo")
def _(admin, command):
    admin.types(command.replace("c3", admin.session("alice")["id"]))
    assert admin.session("alice")["state"] == "held" and "demo" in admin.types("idlectl list"), admin.session("alice")


@entry("idlectl events --follow")
def _(admin, command):
    follower = Process(command.split())
    client = admin.machine.login("alice")
    wait_until(lambda: re.search(r"opened +alice", follower.output.text), "the login to be told")
    follower.close()
    client.close()


@entry("idlectl report --since 30d")
def _(admin, command):
    assert re.search(r"kick", said := admin.types(command)), said


@entry("idlectl metrics")
def _(admin, command):
    assert 'idled_logouts_total{cause="kick"} 1' in (said := admin.types(command)), said


@entry("idlectl status")
def _(admin, command):
    assert "Policy: /etc/idled/policy.json" in (said := admin.types(command)), said


@entry("tests/run", "tests/boot/run", "tests/compare/run", "tests/bench/run")
def _(admin, command):
    """Whoever runs this has run one of the first two; the others write docs/comparison.md and docs/benchmarks.md, which
    lie there."""
    language = admin.types(f"test -x {command} && head -n 1 {command}").strip().rpartition("/")[2].split()[-1]
    parses = {"bash": "bash -n", "python3": "python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())'"}
    admin.types(f"{parses[language]} {command}")


# --- the page --------------------------------------------------------------------------------------------------


def page():
    return readme.steps((SOURCE / "README.md").read_text())


def is_name_of_another(step, steps):
    """A mere mention, in a sentence, of what stands elsewhere with its arguments."""
    return step.text not in entries and any(
        other.text.startswith(step.text + " ") and other.text in entries for other in steps)


def is_shown(step):
    return step.text.startswith("alice@host:~$\n")


def unknown_and_stale():
    steps = page()
    unknown = [f"README.md:{step.line}: nothing here runs {step.text!r}" for step in steps
               if step.text not in entries and not is_shown(step) and not is_name_of_another(step, steps)]
    stale = [f"README.md has no {text!r}" for text in entries.keys() - {step.text for step in steps}]
    return unknown + stale


@case("each command is known, and each that is known is on the page")
def _(t):
    assert not unknown_and_stale(), "\n".join(unknown_and_stale())


@case("followed from top to bottom", timeout=25 * MINUTES)
def _(t):
    admin, steps = Administrator(t.machine), page()
    title = steps[0].section
    for step in steps:
        if is_shown(step):
            admin.transcript = step.text
        elif step.section == title or is_name_of_another(step, steps):
            continue  # before anything is installed, a command is only spoken of
        elif step.text in entries:
            t.log(f"README.md:{step.line}: {step.text}")
            try:
                entries[step.text](admin, step.text)
            except Exception as error:
                raise AssertionError(f"README.md:{step.line}: {step.text}: {error}") from error


def prepare():
    from booted import BootedMachine
    machine = BootedMachine()
    for left in (CHECKOUT / "build/release").glob("*.deb"):
        left.unlink()
    (CHECKOUT / "build/release/CMakeCache.txt").unlink(missing_ok=True)  # of another day's machine
    subprocess.run(f"tar -C {SOURCE} --exclude=./build --exclude=./.git -c . | tar -C {CHECKOUT} -x", shell=True,
                   check=True)
    return machine


if __name__ == "__main__":
    if sys.argv[1:] == ["--known"]:
        problems = unknown_and_stale()
        print("\n".join(problems) or f"{len(entries)} commands of README.md are known")
        sys.exit(1 if problems else 0)
    sys.exit(cases.main(prepare, at_once=1))
