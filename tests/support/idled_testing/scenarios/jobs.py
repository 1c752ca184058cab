"""Jobs that must not be cut off half-way: while they run as root in front, the logout waits (`never_interrupt`).

A copy of sleep stands for the package manager: what counts is its name, and that it is root's.
"""

import shutil
from pathlib import Path

from .. import proc
from ..process import Process
from ..scenario import GRACE, Stage, scenario
from ..waiting import wait_until
from .ways import anyone_may_sudo, set_use_pty

PROGRAM = Path("/usr/bin/dpkg")


def package_manager(machine) -> None:
    PROGRAM.unlink()  # it may be running, in the machine outside
    shutil.copy("/usr/bin/sleep", PROGRAM)
    machine.add_user("operator")


def waits_for(name, command, user="", use_pty=False):
    """The job runs for longer than the limit; then the login ends at once, since its limit is long past."""
    @scenario("jobs in front", name, "ended", needs=["sudo"], props=[anyone_may_sudo, package_manager])
    def _(s):
        set_use_pty(s, use_pty)
        lasts = 2 * s.limit + GRACE  # more than what any logout that does not wait may take
        argument = f"{lasts:.0f}.{s.user[1:].split('-')[0]}"  # tells this job from those of other scenarios
        client = s.login(user)
        started = s.enter(client, command.format(argument))
        wait_until(lambda: jobs(argument), "the job to run")
        if s.idled:
            s.stays(client, started + s.limit + GRACE)
            assert_says_why(s, client)
        s.stays(client, started + lasts - 0.5)
        wait_until(lambda: not jobs(argument), "the job to be done", timeout=5)
        # Of other means no more is asked than to count from when the prompt is back.
        s.ends(client, started + lasts, low=-0.5, late=-s.limit if s.idled else 0)


def assert_says_why(s: Stage, client: Process) -> None:
    session = s.machine.session_of(client)
    assert session, f"idlectl list does not show {client.name}"
    assert session["state"] == "waiting", f"the list says {session['state']!r}, not 'waiting': {session}"
    assert "dpkg" in str(session["hold"]), f"the list does not say for what it waits: {session}"


def jobs(argument: str) -> list[int]:
    """By what they run: sudo takes the client's mark out of the environment."""
    return [pid for pid in proc.pids() if proc.read(pid, "cmdline") == f"dpkg\0{argument}\0".encode()]


waits_for("dpkg in front, of a login of root", "dpkg {0}", user="root")
waits_for("dpkg in front, by sudo", "sudo dpkg {0}")
waits_for("dpkg in front, by sudo with use_pty", "sudo dpkg {0}", use_pty=True)
waits_for("dpkg in front, started by a script of root's", "sudo sh -c 'dpkg {0}; true'")


def no_excuse(name, command):
    @scenario("jobs in front", name, "ended", needs=["sudo"], props=[anyone_may_sudo, package_manager])
    def _(s):
        set_use_pty(s, False)
        own = s.home / "dpkg"
        shutil.copy("/usr/bin/sleep", own)
        shutil.chown(own, s.user, s.user)
        client = s.login()
        s.ends(client, s.enter(client, command))


no_excuse("no excuse: dpkg in front, run by a plain user", "dpkg 999")
no_excuse("no excuse: a dpkg of one's own", "./dpkg 999")
no_excuse("no excuse: a dpkg of one's own, run as root", "sudo ./dpkg 999")
no_excuse("no excuse: a program of root's that calls itself dpkg", "sudo bash -c 'exec -a dpkg sleep 999'")
no_excuse("no excuse: a program of root's with the s bit, by a link and under a name of one's own",
          "rm dpkg; ln -s $(command -v su) dpkg; (exec -a /usr/bin/dpkg ./dpkg)")
no_excuse("no excuse: dpkg as root in the background", "sudo dpkg 999 & sleep 998")
