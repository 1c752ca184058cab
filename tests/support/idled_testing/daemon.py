"""The daemon under test: started in the foreground, its log caught line by line."""

import os
import re
import signal
import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from .process import Process
from .waiting import now, wait_until

PROGRAM = "/usr/sbin/idled"
SOCKET = Path("/run/idled/io.idled.Sessions")
# What the sanitizers print when they have found something.
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|SUMMARY: \w+Sanitizer")


class NotifySocket:
    """The other end of sd_notify(3): keeps what the daemon says of itself, each with its time."""

    def __init__(self, path: str):
        self.path = path
        self.messages: list[tuple[float, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        Path(path).unlink(missing_ok=True)
        self._socket.bind(path)
        threading.Thread(target=self._read, daemon=True).start()

    def said(self, assignment: str) -> bool:
        """Whether, say, "READY=1" has come."""
        return any(assignment in message.splitlines() for _, message in list(self.messages))

    def _read(self) -> None:
        while True:
            message = self._socket.recv(65536).decode(errors="replace")
            self.messages.append((now(), message))


class Daemon:
    """idled, running. Its log lines are `log`; times are those of time.monotonic().

    activated=True starts it as systemd's socket activation does: the socket exists, and is handed over.
    """

    def __init__(self, arguments: Sequence[str] = (), *, environment: Mapping[str, str] | None = None,
                 activated: bool = False, log_to: Path | None = None, timeout: float = 15.0):
        self.notify = NotifySocket("/run/idled-test-notify")
        environment = dict(environment or {}) | {"NOTIFY_SOCKET": self.notify.path}
        argv, fds = [PROGRAM, *arguments], []
        if activated:
            self._listener = _listen()
            fds = [self._listener.fileno()]
            # sd_listen_fds(3): the descriptor is 3, and the pid is that of the daemon itself.
            argv = ["bash", "-c", f'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&{fds[0]}', "bash", *argv]
        self.process = Process(argv, name="idled", environment=environment, pass_fds=fds,
                               errors_to=log_to)
        self.pid, self.log = self.process.pid, self.process.errors
        # Not when its socket answers: it has more to do then.
        wait_until(lambda: self.process.ended() or self.notify.said("READY=1"), "the daemon to be ready", timeout)
        if self.process.ended():
            raise AssertionError(f"the daemon did not start:\n{self.process.evidence()}")
        self.ready_at = now()

    def reload(self) -> None:
        self.process.signal(signal.SIGHUP)

    def stop(self) -> int:
        """SIGTERM, as at an upgrade: nobody may be logged out by it. Returns the exit status."""
        self.process.signal(signal.SIGTERM)
        return self.process.wait()

    def kill(self) -> None:
        """SIGKILL: a crash."""
        self.process.signal(signal.SIGKILL)
        self.process.wait()

    def wait_for(self, pattern, timeout: float = 10.0):
        """Waits for a text or re.Pattern in the log."""
        return self.log.wait_for(pattern, timeout)

    def complaints(self) -> list[str]:
        """What no test may leave behind: a daemon that died of itself, or what a sanitizer found."""
        found = [line for _, line in self.log.lines() if SANITIZER.search(line)]
        if self.process.ended() and self.process.status not in (0, 128 + signal.SIGKILL):
            found.append(f"the daemon ended with status {self.process.status}")
        return found


def _listen() -> socket.socket:
    SOCKET.parent.mkdir(mode=0o755, exist_ok=True)
    SOCKET.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(SOCKET))
    os.chmod(SOCKET, 0o666)
    listener.listen(128)
    return listener
