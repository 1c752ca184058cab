"""The real sshd, configured for tests, and the PAM stacks it and others use."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .proc import listeners
from .process import Process
from .waiting import wait_until

KEYS = Path("/etc/ssh/test_keys")
CLIENT_KEY = KEYS / "client"
HOST_KEY = KEYS / "host"
ADDRESSES = ("127.0.0.1", "127.0.0.2", "::1")
# What the login shell of each client gets, so that a test can find it among the processes (see ssh.py).
CLIENT_VARIABLE = "IDLED_TEST_CLIENT"

CONFIG = f"""\
HostKey {HOST_KEY}
UsePAM yes
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 1000
MaxSessions 100
MaxAuthTries 20
UseDNS no
PrintMotd no
PrintLastLog no
LogLevel VERBOSE
AcceptEnv {CLIENT_VARIABLE} LANG
Subsystem sftp internal-sftp
"""


def make_keys() -> None:
    KEYS.mkdir(exist_ok=True)
    for key in (CLIENT_KEY, HOST_KEY):
        if key.exists():  # a throwaway machine on a booted one
            continue
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key.name, "-f", key], check=True)


def add_to_pam(line: str, service: str = "sshd") -> None:
    """Adds a line at the end of a service's PAM file, where `session` lines run last."""
    with Path("/etc/pam.d", service).open("a") as file:
        file.write(f"\n{line}\n")


def copy_pam(service: str, as_service: str) -> None:
    """For a program that goes by another name: PAM's service is the program's base name."""
    shutil.copy(Path("/etc/pam.d", service), Path("/etc/pam.d", as_service))


def quicken_pam(service: str = "sshd") -> None:
    """Takes out what only greets: the message of the day (which runs programs) and the mailbox."""
    path = Path("/etc/pam.d", service)
    slow = re.compile(r"pam_(motd|mail|lastlog)\.so")
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not slow.search(line)))


class Sshd:
    """A running sshd. Its log is /var/log/sshd-PORT.log; `extra` are further lines of sshd_config."""

    def __init__(self, extra: Sequence[str] = (), port: int = 22, addresses: Sequence[str] = ADDRESSES,
                 program: str = "/usr/sbin/sshd"):
        self.port = port
        self.log = Path(f"/var/log/sshd-{port}.log")
        config = Path(f"/etc/ssh/sshd_config_{port}")
        usable = [address for address in addresses if ":" not in address or Path("/proc/net/if_inet6").exists()]
        lines = [f"Port {port}", *(f"ListenAddress {address}" for address in usable), *_no_penalties()]
        # First value wins, so what the test says comes first; a Match block must come last.
        at = next((i for i, line in enumerate(extra) if line.lstrip().startswith("Match")), len(extra))
        config.write_text("\n".join([*extra[:at], *lines, CONFIG, *extra[at:]]) + "\n")
        self.process = Process([program, "-D", "-E", str(self.log), "-f", str(config)], name=f"sshd:{port}")
        self.pid = self.process.pid
        wait_until(lambda: self.process.ended() or listeners(port) >= len(usable), "sshd to listen")
        if self.process.ended():
            raise RuntimeError(f"sshd did not start: {self.process.errors.text} {self.log_text()}")

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stop(self) -> None:
        """Ends the listener; logins go on."""
        self.process.signal(15)
        self.process.wait()


def _no_penalties() -> list[str]:
    """OpenSSH 9.8+ slows down addresses from which connections were dropped, as tests do."""
    version = subprocess.run(["ssh", "-V"], capture_output=True, text=True).stderr
    found = re.search(r"OpenSSH_(\d+)\.(\d+)", version)
    return ["PerSourcePenalties no"] if found and (int(found[1]), int(found[2])) >= (9, 8) else []


class Dropbear:
    """A running dropbear, which opens no PAM session. Takes the same client key."""

    def __init__(self, port: int = 2222):
        key = KEYS / "dropbear_host"
        if not key.exists():
            subprocess.run(["dropbearkey", "-t", "ed25519", "-f", key], check=True, capture_output=True)
        self.port = port
        self.process = Process(["dropbear", "-F", "-E", "-r", str(key), "-p", f"127.0.0.1:{port}"], name="dropbear")
        self.pid = self.process.pid
        wait_until(lambda: listeners(port), "dropbear to listen")

    def stop(self) -> None:
        self.process.signal(15)
        self.process.wait()
