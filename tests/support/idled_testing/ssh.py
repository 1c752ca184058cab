"""ssh clients, as people use them: a terminal, a command, a tunnel, several channels on one connection."""

import itertools
import re
import threading
from collections.abc import Sequence

from . import proc
from .process import Process
from .sshd import CLIENT_KEY, CLIENT_VARIABLE
from .waiting import wait_until

PROMPT = re.compile(r"[$#%>] \Z")
_numbers = itertools.count(1)
# Key exchanges are all computation. More at once than there are cores would only make each of them late.
_key_exchanges = threading.BoundedSemaphore(2)


def options(port: int, extra: Sequence[str] = ()) -> list[str]:
    """Options for ssh, scp and sftp alike: nobody is asked, nothing is remembered, no file of the user counts."""
    settings = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=VERBOSE",
                "GlobalKnownHostsFile=/dev/null", f"IdentityFile={CLIENT_KEY}", "IdentitiesOnly=yes",
                f"SendEnv={CLIENT_VARIABLE}", "ConnectTimeout=20", f"Port={port}", *extra]
    return ["-F", "none", *(word for setting in settings for word in ("-o", setting))]


class Ssh(Process):
    """An ssh client whose input is a pipe: what is written there is typed. Returns when it is authenticated.

    user, host, port, command   as on ssh's command line; without a command, the login shell
    tty=False                   no terminal (-T); by default there is one (-tt)
    no_command=True             neither shell nor command (-N): a tunnel, a ControlMaster that only waits
    control=PATH                a channel on the connection of the master at PATH, or that master (master=True)
    settings                    further "Name=value" as after -o
    arguments                   further arguments, such as ["-L", "8000:localhost:22"]
    marked=False                the server takes no variables (dropbear): its side of the client cannot be found
    """

    def __init__(self, user: str = "alice", command: str = "", *, host: str = "127.0.0.1", port: int = 22,
                 tty: bool = True, no_command: bool = False, control: str = "", master: bool = False,
                 settings: Sequence[str] = (), arguments: Sequence[str] = (), name: str = "", term: str = "xterm",
                 marked: bool = True):
        self.user, self.host, self.port, self.has_tty = user, host, port, tty and not no_command
        self.marked = marked
        self.token = f"client-{next(_numbers)}"
        settings = [*settings, "EscapeChar=none"]
        is_channel = bool(control) and not master
        if control:
            settings += [f"ControlPath={control}", f"ControlMaster={'yes' if master else 'no'}"]
        if is_channel:
            # Without its master ssh would make a connection of its own, and the test would test something else.
            settings += ["ProxyCommand=false"]
        argv = ["ssh", *options(port, settings), *arguments, "-l", user]
        argv += ["-N"] if no_command else ["-tt"] if tty else ["-T"]
        argv += [host] + ([command] if command else [])
        environment = {CLIENT_VARIABLE: self.token, "TERM": term}
        name = name or f"ssh {user}@{host}{' ' + command if command else ''}"
        if is_channel:
            super().__init__(argv, name=name, environment=environment)
        else:
            with _key_exchanges:
                super().__init__(argv, name=name, environment=environment)
                self._wait_authenticated()

    def _wait_authenticated(self) -> None:
        wait_until(lambda: "Authenticated to" in self.errors.text or self.ended(),
                   f"{self.name} to be let in", timeout=30)

    def prompt(self, timeout: float = 20.0) -> float:
        """Waits until the shell asks for a command; when it did. `prompt_at` keeps the last."""
        self.prompt_at = self.wait_for(PROMPT, timeout).time
        return self.prompt_at

    def run(self, command: str, timeout: float = 20.0) -> str:
        """Types a command to bash at its prompt, and returns what it printed. Keys are typed: this is activity."""
        mark = next(_numbers)
        # The quotes keep the mark, as typed and echoed, from being what is waited for.
        self.type(f"echo '<'{mark}; {command}; echo '>'{mark}\n")
        found = self.wait_for(re.compile(rf"<{mark}\n(.*?)>{mark}\n", re.DOTALL), timeout)
        self.prompt(timeout)
        return found[1]

    # --- the server's side of this client, found without typing anything ---

    def processes(self) -> list[int]:
        """The processes that this login started and that still run: those with its token in their environment."""
        token = f"{CLIENT_VARIABLE}={self.token}".encode()
        return [pid for pid in proc.pids() if pid != self.pid and proc.name(pid) != "ssh"
                and token in proc.read(pid, "environ").split(b"\0")]

    def shell_pid(self) -> int | None:
        """The login's shell or command: the first process of its session, a child of sshd."""
        return next((pid for pid in self.processes()
                     if proc.session(pid) == pid and _is_sshd(proc.parent(pid))), None)

    def terminal(self) -> str | None:
        """The login's terminal, as in "pts/3"."""
        pid = self.shell_pid()
        return proc.terminal(pid) if pid else None

    def leader_pid(self) -> int | None:
        """The sshd process that PAM's session was opened in: the child of sshd's listener."""
        pid = self.shell_pid() or self._connected_sshd()
        while pid and _is_sshd(parent := proc.parent(pid)) and b"[listener]" not in proc.read(parent, "cmdline"):
            pid = parent
        return pid

    def _connected_sshd(self) -> int | None:
        """Without a shell (-N): an sshd that holds the other end of this client's connection."""
        connections = proc.tcp_connections()
        mine = [connections[inode] for inode in proc.sockets(self.pid) if inode in connections]
        theirs = {inode for inode, (local, remote) in connections.items() if (remote, local) in mine}
        return next((pid for pid in proc.pids() if _is_sshd(pid) and proc.sockets(pid) & theirs), None)


def transfer(program: str, user: str, arguments: Sequence[str], *, port: int = 22, settings: Sequence[str] = (),
             name: str = "") -> Process:
    """scp or sftp. `arguments` as theirs: ["-l", "800", "/etc/services", "alice@127.0.0.1:copy"]."""
    argv = [program, *options(port, [f"User={user}", *settings]), *arguments]
    return Process(argv, name=name or f"{program} {user}")


def mosh(user: str = "alice", *, host: str = "127.0.0.1", port: int = 22) -> Process:
    """A mosh client, on a pty of its own; its login shell's prompt has been waited for."""
    client = Process(["mosh", "--ssh", " ".join(["ssh", *options(port)]), f"{user}@{host}"],
                     name=f"mosh {user}", on_pty=True)
    client.wait_for(re.compile(rf"{user}@\S+[$#] "), 20)
    return client


def _is_sshd(pid: int) -> bool:
    return "sshd" in proc.name(pid)  # sshd-session from OpenSSH 9.8 on; or a test's other name for it
