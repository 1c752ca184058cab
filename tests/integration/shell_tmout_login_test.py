#!/usr/bin/python3
"""TMOUT as a login by ssh meets it: policy, daemon, pam_idled.so and /etc/profile.d together.

What each shell makes of it is the subject of tmout_shells_test.py.
"""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, promise, sshd  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import OUR_PAM_LINE, Machine  # noqa: E402
from idled_testing.waiting import now, until  # noqa: E402

UNWATCHED_SSHD, UNWATCHED_PORT = "/usr/sbin/sshd-unwatched", 2200  # its PAM stack is without our line
# A drop-in beside the policy that is installed, so that its "defaults", or those built in, are tested too.
RULES = [
    {"name": "by the letter", "match": {"user": "bob"}, "idle": "10m", "tmout": "limit"},
    {"name": "no alarm", "match": {"user": "carol"}, "tmout": "off"},
    {"name": "for ever", "match": {"user": "dave"}, "idle": "never"},
    {"name": "only said", "match": {"user": "erin"}, "mode": "report"},
    {"name": "short", "match": {"user": ["gina", "hugo"]}, "idle": "10s", "warn": []},
    {"name": "short, by the letter", "match": {"user": "hugo"}, "tmout": "limit"},
]
NONE = "-bash: declare: TMOUT: not found\n"
SLOW = "(sleep {seconds}; echo hello) | bash -c 'while read -r line; do echo \"got $line\"; done; echo over'"


def assert_tmout(t, user, tmout, **how):
    """A new login of the user has this TMOUT, in the words of bash's `declare`."""
    found = t.login(user, **how).run("declare -p TMOUT")
    assert found == tmout, f"{user}: {found!r} instead of {tmout!r}"


@case("as installed: twice five minutes, readonly, not exported")
def _(t):
    client = t.login("alice")
    assert client.run("declare -p TMOUT") == 'declare -r TMOUT="600"\n'
    assert client.run("env | grep -c ^TMOUT=") == "0\n"


@case("TMOUT=0 and unset TMOUT are refused")
def _(t):
    client = t.login("alice")
    for command, answer in (("TMOUT=0", "TMOUT: readonly variable"),
                            ("unset TMOUT", "TMOUT: cannot unset: readonly variable"),
                            ("declare +r TMOUT", "TMOUT: readonly variable")):
        client.type(f"{command}\n")
        client.wait_for(answer)
        client.prompt()
    assert client.run("echo $TMOUT") == "600\n"


@case("a rule with tmout limit: the limit, readonly, exported")
def _(t):
    assert_tmout(t, "bob", 'declare -rx TMOUT="600"\n')


@case("a rule with tmout off: none")
def _(t):
    assert_tmout(t, "carol", NONE)


@case("where it would contradict the policy (never, report): none")
def _(t):
    for user in ("dave", "erin"):
        assert_tmout(t, user, NONE)


@case("without the module: 300, readonly, exported, as the scanners want it")
def _(t):
    assert_tmout(t, "alice", 'declare -rx TMOUT="300"\n', port=UNWATCHED_PORT)


@case("a user cannot say it: IDLED_TMOUT by ssh's SendEnv or ~/.pam_environment is not the module's")
def _(t):
    user = t.new_user()
    Path("/home", user, ".pam_environment").write_text("IDLED_TMOUT=off\nTMOUT=0\n")
    assert_tmout(t, user, 'declare -r TMOUT="600"\n', settings=["SetEnv=IDLED_TMOUT=off"])


@case("a command has none: ssh host command")
def _(t):
    client = t.ssh("bob", "echo ${TMOUT-none}", tty=False)
    assert (client.wait(), client.output.text) == (0, "none\n")


@case("a script that reads slowly from a pipe loses nothing, tmout backstop")
def _(t):
    assert slow_script(t, "gina", 20) == "got hello\nover\n"


# The case above would prove nothing if bash did not do this.
@case("a script that reads slowly from a pipe loses the line, tmout limit: why it is not the default")
def _(t):
    assert slow_script(t, "hugo", 10) == "over\n"


def slow_script(t, user, tmout):
    """What a script prints whose input takes longer than TMOUT to come, in a login that has this TMOUT."""
    client = t.login(user)
    assert client.run("echo $TMOUT") == f"{tmout}\n"
    started = client.type(SLOW.format(seconds=tmout + 1) + "\n")
    client.wait_for("echo over'\n")
    while now() < started + tmout:
        until(now() + 4)
        client.type("\n")  # the user is there, or idled would end the login
    client.wait_for("over\n")
    promise.assert_alive(client)
    lines = client.output.text.rpartition("echo over'\n")[2].splitlines()
    return "".join(f"{line}\n" for line in lines if line in ("got hello", "over"))


def prepare():
    machine = Machine(("alice", "bob", "carol", "dave", "erin", "gina", "hugo"), pam_line="",
                      ssh_config=["AcceptEnv IDLED_TMOUT"])
    shutil.copy("/usr/sbin/sshd", UNWATCHED_SSHD)
    sshd.copy_pam("sshd", Path(UNWATCHED_SSHD).name)
    sshd.add_to_pam(OUR_PAM_LINE)
    machine.unwatched = sshd.Sshd(port=UNWATCHED_PORT, program=UNWATCHED_SSHD)
    machine.write_policy({"rules": RULES}, drop_in="50-test.json")
    machine.start_daemon()
    return machine


if __name__ == "__main__":
    sys.exit(cases.main(prepare))
