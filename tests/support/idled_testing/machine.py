"""The throwaway machine, prepared: users, sshd, idled installed, and what a test asks of them."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import accounts, sshd
from .accounts import ROOT, User
from .build import BUILD, REPOSITORY
from .daemon import Daemon
from .process import CLEAN
from .sshd import Dropbear, Sshd
from .ssh import Ssh

DAEMON_LOGS = Path("/var/log/idled-test")  # one each, whole: see books.py
POLICY = Path("/etc/idled/policy.json")
OUR_PAM_LINE = "session optional pam_idled.so"


@dataclass(frozen=True)
class Result:
    """What a command said, and its exit status."""
    status: int
    stdout: str
    stderr: str


class Machine:
    """One to a test program. All of it is made in memory and gone when the test ends.

    users      as many as wanted; further ones at any time by add_user()
    install    idled from the build folder ($IDLED_BUILD_DIR, else build/dev); without, sshd alone is tested
    pam_line   added to sshd's PAM stack, at its end; "" for none
    ssh_config further lines for sshd_config; start_sshd=False where a test starts its own
    """

    def __init__(self, users: Sequence[str] = ("alice", "bob", "carol"), *, install: bool = True,
                 pam_line: str = OUR_PAM_LINE, start_sshd: bool = True, ssh_config: Sequence[str] = ()):
        _refuse_real_machines()
        _forget_logins()
        sshd.make_keys()
        self.has_idled, self.ssh_config = install, tuple(ssh_config)
        self._key = sshd.CLIENT_KEY.with_suffix(".pub").read_text()
        accounts.authorize(ROOT, self._key)
        for file in (".bashrc", ".profile"):
            shutil.copy(Path("/etc/skel", file), ROOT.home)
        self.users: dict[str, User] = {"root": ROOT}
        for name in users:
            self.add_user(name)
        sshd.quicken_pam()
        self.daemon: Daemon | None = None  # the last one started
        self._daemons: list[Daemon] = []
        self._starts = 0
        DAEMON_LOGS.mkdir(exist_ok=True)
        if install:
            install_idled()
        if pam_line:
            sshd.add_to_pam(pam_line)
        self.sshd = Sshd(ssh_config) if start_sshd else None

    # --- people ---

    def add_user(self, name: str, groups: Sequence[str] = (), shell: str = "/bin/bash") -> User:
        """A user who may log in by ssh, with a home folder; groups are created as needed."""
        user = accounts.add_user(name, groups, shell, self._key)
        self.users[name] = user
        return user

    def ssh(self, user: str = "alice", command: str = "", **how) -> Ssh:
        """An ssh client, authenticated. For `how` see Ssh."""
        return Ssh(user, command, **how)

    def login(self, user: str = "alice", **how) -> Ssh:
        """An ssh client at the prompt of its login shell."""
        client = Ssh(user, **how)
        client.prompt()
        return client

    def watch_service(self, *services: str) -> None:
        """Adds our line to these PAM stacks too, where idled is installed: as for sshd, at their end."""
        if self.has_idled:
            for service in services:
                sshd.add_to_pam(OUR_PAM_LINE, service)

    def start_dropbear(self, port: int = 2222) -> Dropbear:
        return Dropbear(port)

    # --- the daemon ---

    def write_policy(self, policy: dict | str, drop_in: str = "") -> Path:
        """Writes the policy, or a drop-in of that name. Text is written as it is, to test errors."""
        path = POLICY.parent / "policy.d" / drop_in if drop_in else POLICY
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(policy if isinstance(policy, str) else json.dumps(policy, indent=2) + "\n")
        return path

    def start_daemon(self, policy: dict | str | None = None, arguments: Sequence[str] = (), *,
                     environment: Mapping[str, str] | None = None, activated: bool = False) -> Daemon:
        """Starts idled, with this policy if one is given, and waits until it is ready."""
        if policy is not None:
            self.write_policy(policy)
        log = DAEMON_LOGS / str(self._starts)
        self._starts += 1
        self.daemon = Daemon(arguments, environment=environment, activated=activated, log_to=log)
        self._daemons.append(self.daemon)
        return self.daemon

    def daemon_logs(self) -> list[Path]:
        """What each has written, in the order of their starts."""
        return sorted(DAEMON_LOGS.iterdir(), key=lambda path: int(path.name))

    def idlectl(self, *arguments: str, user: str = "root", timeout: float = 15.0) -> Result:
        """Runs idlectl as that user."""
        return self.run("idlectl", *arguments, user=user, timeout=timeout)

    def sessions(self, user: str = "root") -> list[dict]:
        """`idlectl list --json`, as that user sees it."""
        result = self.idlectl("list", "--json", user=user)
        if result.status != 0:
            raise AssertionError(f"idlectl list --json: exit status {result.status}: {result.stderr}")
        return json.loads(result.stdout)

    def session_of(self, client: Ssh) -> dict | None:
        """The entry of `list --json` for an ssh client, found by its terminal or, without one, by its leader."""
        terminal, leader = client.terminal(), client.leader_pid()
        for session in self.sessions():
            names = [entry["name"].removeprefix("/dev/") for entry in session["terminals"]]
            if terminal in names or (terminal is None and session["leader_pid"] == leader):
                return session
        return None

    def run(self, *command: str, user: str = "root", timeout: float = 15.0, stdin: str = "") -> Result:
        """Runs a command as a user, without a login: no PAM session, no terminal."""
        who = self.users[user]
        environment = CLEAN | {"HOME": str(who.home), "USER": user, "LOGNAME": user}
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, cwd="/",
                              env=environment, user=who.uid, group=who.gid, extra_groups=who.groups)
        return Result(done.returncode if done.returncode >= 0 else 128 - done.returncode, done.stdout, done.stderr)

    # --- for the report ---

    def evidence(self, since: float = 0.0) -> str:
        """What the daemon knows and has said, for the report of a failure."""
        if self.daemon is None:
            return ""
        try:
            listed = self.run("idlectl", "list", "--json", timeout=5)
            sessions = listed.stdout.strip() or f"exit status {listed.status}: {listed.stderr.strip()}"
        except (subprocess.SubprocessError, OSError) as error:
            sessions = str(error)
        return f"idlectl list --json:\n{sessions}\ndaemon's log:\n{self.daemon.log.shown(60, since)}"

    def complaints(self) -> list[str]:
        """What no test may leave behind: see Daemon.complaints()."""
        return [complaint for daemon in self._daemons for complaint in daemon.complaints()]

    def forget_daemons(self) -> None:
        """For a test that made a daemon die: what it was made to do is no complaint."""
        self.daemon = None
        self._daemons.clear()


def install_idled() -> None:
    """Installs the build into this machine, as a package would."""
    if not (BUILD / "cmake_install.cmake").exists():
        raise SystemExit(f"nothing is built in {BUILD}; set IDLED_BUILD_DIR to a build folder")
    done = subprocess.run(["cmake", "--install", str(BUILD), "--prefix", "/usr"], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"cmake --install {BUILD}: {done.stderr or done.stdout}")
    if module := os.environ.get("IDLED_PAM_MODULE"):  # sshd loads no module that wants a sanitizer's runtime
        shutil.copy(module, next(Path("/usr/lib").glob("**/security/pam_idled.so")))


def utmp_records() -> list[str]:
    """The lines of who(1): who is logged in, on which terminal, as utmp has it."""
    return subprocess.run(["who"], capture_output=True, text=True, check=True).stdout.splitlines()


def _refuse_real_machines() -> None:
    """This package rewrites /etc/passwd and /etc/pam.d. Better not at home."""
    if os.environ.get("IDLED_THROWAWAY") != "1" or os.uname().nodename != "throwaway":
        raise SystemExit("run this inside tests/support/throwaway: it changes the machine it runs on")


def _forget_logins() -> None:
    """Login records of the machine outside: not ours, and a large lastlog is slow to copy."""
    for file in ("wtmp", "btmp", "lastlog", "faillog"):
        if (path := Path("/var/log", file)).exists():
            path.unlink()
            path.touch(mode=0o664)
