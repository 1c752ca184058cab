"""Ways to get at a terminal: each takes a stage, and leaves a client at a shell's prompt."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import accounts, ssh
from ..machine import Machine
from ..process import Process
from ..scenario import Stage
from ..ssh import PROMPT
from ..sshd import Dropbear

ROOT_PASSWORD = "throwaway"
DROPBEAR_PORT = 2222


@dataclass(frozen=True)
class Way:
    take: Callable[[Stage], Process]
    needs: tuple[str, ...] = ()
    props: tuple[Callable[[Machine], None], ...] = ()


# --- props ---

def root_has_a_password(machine: Machine) -> None:
    accounts.set_password("root", ROOT_PASSWORD)
    machine.watch_service("su", "su-l")


def anyone_may_sudo(machine: Machine) -> None:
    Path("/etc/sudoers.d/tests").write_text("ALL ALL=(ALL) NOPASSWD: ALL\n")
    machine.watch_service("sudo", "sudo-i")


def login_is_watched(machine: Machine) -> None:
    machine.watch_service("login")


def dropbear(machine: Machine) -> None:
    Dropbear(DROPBEAR_PORT)


# --- ways ---

def by_ssh(s: Stage) -> Process:
    return s.login()


def by_su(command: str) -> Callable[[Stage], Process]:
    def take(s: Stage) -> Process:
        client = s.login()
        client.type(f"{command}\n")
        client.wait_for("Password: ")
        client.type(f"{ROOT_PASSWORD}\n")
        client.wait_for(re.compile(r"root@.*# \Z"))
        return client
    return take


def by_sudo(command: str, use_pty: bool) -> Callable[[Stage], Process]:
    def take(s: Stage) -> Process:
        set_use_pty(s, use_pty)
        client = s.login()
        client.type(f"{command}\n")
        client.wait_for(re.compile(r"root@.*# \Z"))
        return client
    return take


def set_use_pty(s: Stage, use_pty: bool) -> None:
    """Whether this user's sudo runs its command on a terminal of its own; the default from sudo 1.9.14 on."""
    Path("/etc/sudoers.d", s.user).write_text(f"Defaults:{s.user} {'' if use_pty else '!'}use_pty\n")


def by_tmux(s: Stage) -> Process:
    client = s.login()
    client.type("tmux new-session -s work\n")
    client.wait_for("[work]")  # its status line
    client.wait_for(re.compile(r"[$#] "))
    return client


def by_screen(s: Stage) -> Process:
    (s.home / ".screenrc").write_text("startup_message off\n")
    client = s.login()
    client.type("screen -S work\n")
    client.wait_for("screen -S work\n")
    client.prompt()
    return client


def by_login(s: Stage) -> Process:
    """As getty(8) does it; the terminal is a pty, since there are no consoles here."""
    client = s.run(["login", "-f", s.user], on_pty=True, name=f"login {s.user}")
    client.wait_for(PROMPT)
    return client


def by_dropbear(s: Stage) -> Process:
    return s.login(port=DROPBEAR_PORT, marked=False)


def by_mosh(s: Stage) -> Process:
    return s.test.keep(ssh.mosh(s.user))


def ways(*names: str) -> Sequence[tuple[str, Way]]:
    return [(name, way) for name, way in WAYS.items() if not names or name in names]


WAYS = {
    "ssh": Way(by_ssh),
    "su": Way(by_su("su"), ("su",), (root_has_a_password,)),
    "su -": Way(by_su("su -"), ("su",), (root_has_a_password,)),
    "sudo -i": Way(by_sudo("sudo -i", use_pty=False), ("sudo",), (anyone_may_sudo,)),
    "sudo -i with use_pty": Way(by_sudo("sudo -i", use_pty=True), ("sudo",), (anyone_may_sudo,)),
    "tmux": Way(by_tmux, ("tmux",)),
    "screen": Way(by_screen, ("screen",)),
    "login on a terminal": Way(by_login, ("login",), (login_is_watched,)),
    "dropbear": Way(by_dropbear, ("dropbear",), (dropbear,)),
    "mosh": Way(by_mosh, ("mosh", "mosh-server")),
}
