"""The daemon's system calls, watched and answered by the test: seccomp(2)'s user notification.

The daemon under test is the one that is installed, without a line in it for this. A wrapper in its place loads a
filter that reports the calls named below, and starts the real one. Each reported call waits until the test has said
what becomes of it:

    calls = SystemCalls()               # before the daemon is started; survives its restarts
    calls.judge = lambda call: KILL if call.name == "rename" else None

None lets the call go on, KILL kills the process at its entry, an errno makes it fail with that; a threading.Event
keeps the thread that made it waiting until it is set, as a kernel may.
"""

import ctypes
import errno
import fcntl
import os
import platform
import signal
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROGRAM, REAL = Path("/usr/sbin/idled"), Path("/usr/sbin/idled.real")
SOCKET = "/run/idled-test-calls"
KILL = object()

# What has an effect that outlives the call, or may be refused. Not sendmsg and close, which the wrapper needs.
NUMBERS = {
    "x86_64": {"write": 1, "ioctl": 16, "sendto": 44, "recvfrom": 45, "mkdir": 83, "rename": 82, "unlink": 87,
               "openat": 257, "accept4": 288, "epoll_ctl": 233, "inotify_add_watch": 254, "pidfd_send_signal": 424,
               "pidfd_open": 434, "pidfd_getfd": 438},
    "aarch64": {"write": 64, "ioctl": 29, "sendto": 206, "recvfrom": 207, "mkdirat": 34, "renameat": 38,
                "unlinkat": 35, "openat": 56, "accept4": 242, "epoll_ctl": 21, "inotify_add_watch": 27,
                "pidfd_send_signal": 424, "pidfd_open": 434, "pidfd_getfd": 438},
}[platform.machine()]
_NAMES = {number: name for name, number in NUMBERS.items()}

# linux/seccomp.h: struct seccomp_notif is 80 bytes, struct seccomp_notif_resp 24.
_RECEIVE, _SEND, _CONTINUE = 0xc0502100, 0xc0182101, 1

WRAPPER = f"""#!/usr/bin/python3 -ISs
import ctypes, os, socket, struct, sys
numbers = {sorted(NUMBERS.values())}
LOAD, EQUAL, RETURN, ALLOW, NOTIFY = 0x20, 0x15, 0x06, 0x7fff0000, 0x7fc00000
code = [(LOAD, 0, 0, 0)]
for index, number in enumerate(numbers):
    code.append((EQUAL, len(numbers) - index, 0, number))
code += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, NOTIFY)]
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in code))
fprog = struct.pack("HxxxxxxP", len(code), ctypes.addressof(program))
test = socket.socket(socket.AF_UNIX)
test.connect("{SOCKET}")
libc = ctypes.CDLL(None, use_errno=True)
SECCOMP = {{"x86_64": 317, "aarch64": 277}}[os.uname().machine]
listener = libc.syscall(SECCOMP, 1, 8, fprog)  # SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER
if listener < 0:
    sys.exit("seccomp: " + os.strerror(ctypes.get_errno()))
socket.send_fds(test, [b"x"], [listener])
os.execv("{REAL}", ["{PROGRAM}", *sys.argv[1:]])
"""


@dataclass(frozen=True)
class Call:
    """One that waits for its verdict."""
    name: str
    pid: int
    arguments: tuple[int, ...]

    def text(self, index: int) -> str:
        """The argument as the text that it points to: a path."""
        try:
            with open(f"/proc/{self.pid}/mem", "rb", buffering=0) as memory:
                memory.seek(self.arguments[index])
                return memory.read(256).split(b"\0")[0].decode(errors="replace")
        except OSError:
            return ""

    def target(self) -> str:
        """What the descriptor in the first argument is: a path, or the kernel's word for it."""
        try:
            return os.readlink(f"/proc/{self.pid}/fd/{self.arguments[0]}")
        except OSError:
            return ""

    def raw(self) -> bytes:
        """What a write or a sendto is to write, up to 4 kB."""
        try:
            with open(f"/proc/{self.pid}/mem", "rb", buffering=0) as memory:
                memory.seek(self.arguments[1])
                return memory.read(min(self.arguments[2], 4096))
        except OSError:
            return b""

    def bytes(self) -> str:
        """The same, as text."""
        return self.raw().decode(errors="replace")

    def process(self) -> int:
        """The process that it is about, by number or by pidfd; 0: none."""
        if self.name == "pidfd_open":
            return self.arguments[0]
        if self.name not in ("pidfd_send_signal", "pidfd_getfd"):
            return 0
        try:
            info = Path(f"/proc/{self.pid}/fdinfo/{self.arguments[0]}").read_text()
        except OSError:
            return 0
        return int(info.split("Pid:")[1].split()[0])

    def concerns(self, leader: int, shell: int, terminal: str) -> bool:
        """Whether it is about this login: its processes, its terminal, its state, its records."""
        if self.process():
            return self.process() in (leader, shell)
        path = self.path
        if path.startswith("pipe:"):
            return self.name == "write" and f" IDLED_LEADER={leader} " in self.bytes()
        return path in (f"/dev/{terminal}", f"/dev/pts/{terminal}") or f"/proc/{leader}/" in path \
            or f"/proc/{shell}/" in path or f"/p{leader}.json" in path

    @property
    def path(self) -> str:
        return self.text(1) if self.name in ("openat", "inotify_add_watch", "unlinkat", "mkdirat", "renameat") \
            else self.text(0) if self.name in ("rename", "unlink", "mkdir") else self.target()


class SystemCalls:
    """Puts the wrapper in place of the daemon, and judges what it does from then on."""

    def __init__(self):
        self.judge: Callable[[Call], object] | None = None
        self.pid = 0  # of the daemon that was started last
        PROGRAM.rename(REAL)
        PROGRAM.write_text(WRAPPER)
        PROGRAM.chmod(0o755)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(SOCKET)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection = self._listener.accept()[0]
            _, fds, _, _ = socket.recv_fds(connection, 1, 1)
            threading.Thread(target=self._serve, args=(fds[0],), daemon=True).start()

    def _serve(self, fd: int) -> None:
        import select
        poller = select.poll()
        poller.register(fd, select.POLLIN)
        while True:
            events = poller.poll()[0][1]
            if not events & select.POLLIN:  # POLLHUP: nobody is left under the filter
                os.close(fd)
                return
            request = bytearray(80)
            try:
                fcntl.ioctl(fd, _RECEIVE, request)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.EINTR):  # it was killed meanwhile
                    continue
                raise
            self._answer(fd, request)

    def _answer(self, fd: int, request: bytearray) -> None:
        identity, pid, _, number, _, _, *arguments = struct.unpack("QIIiIQ6Q", request)
        judge = self.judge
        verdict = judge(Call(_NAMES[number], pid, tuple(arguments))) if judge else None
        if verdict is KILL:
            os.kill(pid, signal.SIGKILL)
            return
        if isinstance(verdict, threading.Event):
            threading.Thread(target=lambda: (verdict.wait(), self._reply(fd, identity, None)), daemon=True).start()
            return
        self._reply(fd, identity, verdict)

    @staticmethod
    def _reply(fd: int, identity: int, verdict: int | None) -> None:
        error, flags = (0, _CONTINUE) if verdict is None else (-verdict, 0)
        try:
            fcntl.ioctl(fd, _SEND, struct.pack("QqiI", identity, 0, error, flags))
        except OSError:
            pass  # the caller was killed


class Steps:
    """Kills the daemon at chosen calls: the N-th that a login is about, of those since it was entered.

    `enter(login, at)`; at 0: only noted. `killed` is set when one has died; who starts the next clears it.
    """

    def __init__(self, calls: SystemCalls):
        self.killed = threading.Event()
        self.seen: dict[int, list[str]] = {}  # by leader; of those that were to be killed, up to that
        self._entries: dict[int, tuple] = {}
        calls.judge = self._judge

    def enter(self, login, at: int = 0) -> None:
        self.seen[login.pid] = []
        self._entries = {**self._entries, login.pid: (login, at)}

    def _judge(self, call: Call) -> object:
        for leader, (login, at) in self._entries.items():
            if call.concerns(leader, login.shell_pid, login.terminal):
                self.seen[leader].append(f"{call.name} {call.path}".rstrip())
                if len(self.seen[leader]) == at:
                    self._entries = {pid: entry for pid, entry in self._entries.items() if pid != leader}
                    self.killed.set()
                    return KILL
                return None
        return None
