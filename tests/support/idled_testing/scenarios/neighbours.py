"""What opens PAM sessions and is nobody at a terminal, and what is of another world: never touched."""

import sys
from pathlib import Path

from ..process import Process
from ..scenario import Stage, scenario
from ..ssh import PROMPT
from ..waiting import now, wait_until
from .ways import login_is_watched

SPOOL = Path("/run/neighbours")  # where jobs say that they have begun, and are done
HOLDER = Path(__file__).resolve().parents[1] / "pam_holder.py"
GREETERS = {"systemd-user": "", "gdm-launch-environment": "tty1", "lightdm-greeter": ":0", "xrdp-sesman": ""}


def job(s: Stage, lasts: float) -> str:
    return f"touch {SPOOL}/{s.user}.begun; sleep {lasts}; touch {SPOOL}/{s.user}.done"


def said(s: Stage, word: str) -> bool:
    return (SPOOL / f"{s.user}.{word}").exists()


def spool(machine) -> None:
    SPOOL.mkdir(mode=0o777)
    SPOOL.chmod(0o1777)


def at_daemon(machine) -> None:
    machine.watch_service("atd")
    folder = Path("/var/spool/cron/atjobs")
    (folder / ".SEQ").touch()
    Process(["atd", "-f"], name="atd")


def cron_is_watched(machine) -> None:
    machine.watch_service("cron")


def greeters(machine) -> None:
    for service in GREETERS:
        Path("/etc/pam.d", service).write_text("auth required pam_permit.so\naccount required pam_permit.so\n"
                                               "session required pam_permit.so\n")
        machine.watch_service(service)


@scenario("neighbours", "a job of cron", "kept", needs=["cron"], props=[spool, cron_is_watched])
def _(s):
    # Started here: a job of @reboot runs at its start, while others would wait for the next minute.
    Path("/etc/cron.d", s.user).write_text(f"@reboot {s.user} {job(s, 3 * s.limit)}\n")
    s.run(["cron", "-f"])
    wait_until(lambda: said(s, "begun"), "the job to begin")
    wait_until(lambda: said(s, "done"), "the job to be done", timeout=3 * s.limit + 5)


@scenario("neighbours", "a job of at", "kept", needs=["at", "atd"], props=[spool, at_daemon])
def _(s):
    assert (done := s.machine.run("at", "now", user=s.user, stdin=job(s, 3 * s.limit))).status == 0, done
    wait_until(lambda: said(s, "begun"), "the job to begin")
    wait_until(lambda: said(s, "done"), "the job to be done", timeout=3 * s.limit + 5)


for _service, _tty in GREETERS.items():
    @scenario("neighbours", f"a session of {_service}", "kept", props=[greeters])
    def _(s, service=_service, tty=_tty):
        session = s.run([sys.executable, str(HOLDER), service, s.user, tty])
        session.wait_for("open")
        s.stays(session, now() + 3 * s.limit)
        session.type("\n")
        assert session.wait() == 0, session.evidence()


@scenario("neighbours", "a terminal that asks for a name: getty", "kept", needs=["agetty"])
def _(s):
    getty = s.run(["bash", "-c", "exec agetty --noclear $(tty | cut -c6-) linux"], on_pty=True)
    getty.wait_for("login: ")
    s.stays(getty, now() + 3 * s.limit)


# --- another world: its pts/3 is not ours --------------------------------------------------------------------


def in_namespaces(name, *unshare):
    """A login in there is refused, and the daemon says why; it is let in, and nobody here pays for it."""
    @scenario("neighbours", f"a login in {name}", "kept", means="idled", props=[login_is_watched],
              settings={"tmout": "off"})
    def _(s):
        here = s.login()
        here.type("\n")
        login = s.run(["unshare", *unshare, "login", "-f", s.user], on_pty=True, name=f"login in {name}")
        login.wait_for(PROMPT)
        for _ in range(3):
            s.types(here, "x", rounds=1)
            s.stays(login, now())
        refused = [line for _, line in s.machine.daemon.log.lines() if f"Cannot watch a login of {s.user}:" in line]
        assert refused and ("namespace" in refused[0] or "/dev/pts" in refused[0]), f"the log should say that it was refused, and why: {refused}"
        listed = [each for each in s.machine.sessions() if each["user"] == s.user]
        assert len(listed) == 1, f"the list should show the login of this host alone: {listed}"


in_namespaces("another pid namespace", "--pid", "--fork", "--mount", "--mount-proc")
in_namespaces("another mount namespace, with a devpts of its own", "--mount", "bash", "-c",
              'mount -t devpts -o newinstance devpts /dev/pts && exec "$@"', "bash")

# What makes pts/3 ours is the devpts, not the mount namespace, which hardened services and pam_namespace(8) have of
# their own; and without the network there is one witness less. Refusing these would leave their logins unwatched.
for _name, _flag in (("mount", "--mount"), ("network", "--net")):
    @scenario("neighbours", f"a login in another {_name} namespace with the devpts of this one", "ended", means="idled",
              settings={"tmout": "off"})
    def _(s, flag=_flag):
        login = s.run(["unshare", flag, "login", "-f", s.user], on_pty=True, name=f"login with unshare {flag}")
        login.wait_for(PROMPT)
        s.ends(login, login.type("\n"))
