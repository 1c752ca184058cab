"""The booted machine that tests/boot/run makes, as the tables of cases see it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import accounts, sshd  # noqa: E402
from idled_testing.accounts import ROOT, User  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402

DROP_IN = "50-test.json"
POLICY = {
    "defaults": {"idle": "20s", "warn": ["5s"]},
    "rules": [{"name": "leftovers", "match": {"group": "leftovers"}, "leftovers": "kill"}],
}
RELEASE = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().replace('"', "").splitlines()
               if "=" in line)["VERSION_CODENAME"]
HAS_UTMP = RELEASE == "bookworm"


class BootedMachine(Machine):
    """Its sshd, its logind and, once installed, its idled are the system's own, started by systemd."""

    def __init__(self, users: Sequence[str] = ("alice", "bob")):
        if os.environ.get("IDLED_THROWAWAY") != "1" or os.uname().nodename != "throwaway":
            raise SystemExit("run this by tests/boot/run: it changes the machine it runs on")
        self.users: dict[str, User] = {"root": ROOT}
        self.daemon, self._daemons, self.has_idled = None, [], True
        if not sshd.CLIENT_KEY.exists():
            sshd.make_keys()
            penalties = "\n".join(sshd._no_penalties())
            Path("/etc/ssh/sshd_config.d/test.conf").write_text(
                f"AcceptEnv {sshd.CLIENT_VARIABLE}\nMaxStartups 100\nPrintLastLog no\n{penalties}\n")
            must("systemctl", "restart", "ssh.service")
            sshd.quicken_pam()
        self._key = sshd.CLIENT_KEY.with_suffix(".pub").read_text()
        accounts.authorize(ROOT, self._key)
        for name in users:
            self.add_user(name)

    def evidence(self, since: float = 0.0) -> str:
        return self.run("journalctl", "--no-pager", "-n", "30", "-o", "short-precise", "-u", "idled.service",
                        "-u", "idled.socket").stdout


def must(*command: str, timeout: float = 120.0) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit status {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def package() -> str:
    return str(next(Path("/packages").glob("idled_*.deb")))


def apt(*arguments: str) -> str:
    return must("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-o", "APT::Sandbox::User=root",
                *arguments)


def property_of(name: str, unit: str = "idled.service") -> str:
    return must("systemctl", "show", "--value", "-p", name, unit).strip()


def main_pid() -> int:
    return int(property_of("MainPID"))


def wait_active(unit: str = "idled.service", but_not: int = 0) -> int:
    """Waits for the daemon, another one than `but_not`; its pid."""
    wait_until(lambda: property_of("ActiveState", unit) == "active" and main_pid() not in (0, but_not),
               f"{unit} to be active", timeout=20)
    return main_pid()


def logind_sessions() -> dict[str, int]:
    """The ids of loginctl's sessions, with their leaders."""
    ids = [line.split()[0] for line in must("loginctl", "list-sessions", "--no-legend").splitlines() if line.strip()]
    sessions = {}
    for each in ids:
        shown = subprocess.run(["loginctl", "show-session", "--value", "-p", "Leader", each], capture_output=True,
                               text=True)
        if shown.returncode == 0:
            sessions[each] = int(shown.stdout.strip() or 0)
    return sessions


def records(*matches: str) -> list[dict]:
    return [json.loads(line) for line in must("journalctl", "-b", "-o", "json", *matches).splitlines()]


def use_policy(machine: Machine, policy: dict) -> None:
    machine.write_policy(policy, drop_in=DROP_IN)
    must("systemctl", "reload", "idled.service")
