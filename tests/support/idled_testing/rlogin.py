"""A way in like rlogind, without its network: logins by the hundred, each with what a real one has.

A login is a leader of root's, which opens a PAM session, holds the master of a pty and passes on what is written
there, and on the pty a session of the user's own, which reads line by line. idled cannot tell it from in.rlogind, for
whose name it looks. It costs two forks, where ssh takes a tenth of a second of a processor.

    host = RloginHost()                 # once, after the machine is made
    login = host.login("alice")
    login.type("\\n"); login.wait_for(...); login.leave(); login.ended(10)

This file is also the program that the host runs.
"""

import ctypes
import json
import os
import pty
import select
import signal
import socket
import sys
import termios
import threading
import time
from pathlib import Path

SERVICE, COMM = "rlogin", b"in.rlogind"
PR_SET_NAME = 15


class Login:
    """One login, as the test sees it. Times are those of time.monotonic()."""

    def __init__(self, user: str):
        from .transcript import Transcript
        self.user, self.name = user, f"rlogin {user}"
        self.pid = self.shell_pid = 0
        self.terminal = ""
        self.registered = False  # whether the module had an answer
        self.took = 0.0  # seconds that it took to open the PAM session
        self.output = Transcript()
        self.opened_at = self.ended_at = self.last_key_at = None
        self._socket = None
        self._open, self._over = threading.Event(), threading.Event()

    def wait_until_open(self, timeout: float = 30.0) -> None:
        assert self._open.wait(timeout), f"{self.name} has not got in"

    def is_open(self) -> bool:
        return self._open.is_set()

    def type(self, text: str) -> float:
        """Types a text; returns the moment just before."""
        self.last_key_at = time.monotonic()
        self._tell({"type": text})
        return self.last_key_at

    def leave(self) -> None:
        """As one leaves a shell."""
        self._tell({"type": "exit\n"})

    def send(self, keys: str) -> None:
        """Keys that are no input: Ctrl-S, Ctrl-Q."""
        self._tell({"type": keys})

    def stop_reading(self) -> None:
        """The connection takes no more: what is written to the terminal stays in its buffer."""
        self._tell({"read": False})

    def read_on(self) -> None:
        self._tell({"read": True})

    def hand_over(self) -> None:
        """The leader forks, lets its child go on, and exits without a word to PAM."""
        self._tell({"fork": True})

    def wait_for(self, pattern, timeout: float = 10.0):
        return self.output.wait_for(pattern, timeout)

    def ended(self, timeout: float = 0.0) -> bool:
        return self._over.wait(timeout)

    def is_alive(self) -> bool:
        """Its leader and its shell run."""
        return all(os.path.exists(f"/proc/{pid}") for pid in (self.pid, self.shell_pid))

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def _tell(self, message: dict) -> None:
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            pass  # it has ended meanwhile, as the test will see

    def _told(self, message: dict) -> None:
        if "open" in message:
            self.pid, self.shell_pid, self.terminal = message["open"]
            self.registered, self.took = message["registered"], message["took"]
            self.opened_at = time.monotonic()
            self._open.set()
        if "out" in message:
            self.output.add(message["out"].encode())

    def _gone(self) -> None:
        self.ended_at = time.monotonic()
        self.output.close()
        self._over.set()


class RloginHost:
    """Starts logins. `pam_line`: the stack of its PAM service."""

    def __init__(self, pam_line: str = "session optional pam_idled.so", service: str = SERVICE):
        from .process import Process
        Path("/etc/pam.d", service).write_text(f"{pam_line}\n")
        path, self._service = f"/run/test-{service}", service
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(1000)
        self.logins: list[Login] = []
        self._waiting: dict[int, Login] = {}
        self._process = Process([sys.executable, "-I", __file__, path], name="rlogin host")
        self._poll = select.epoll()
        self._poll.register(self._listener, select.EPOLLIN)
        threading.Thread(target=self._serve, daemon=True).start()

    def begin(self, user: str, **how) -> Login:
        """Does not wait until it is in. 

        ignores   signals that the shell is deaf to
        pid       the leader's, which must be free
        innocent  a process like any other, and no login
        """
        import pwd
        entry, login = pwd.getpwnam(user), Login(user)
        self.logins.append(login)
        number = len(self.logins)
        self._waiting[number] = login
        self._process.type(json.dumps({"number": number, "user": user, "uid": entry.pw_uid, "gid": entry.pw_gid,
                                       "service": self._service, **how}) + "\n")
        return login

    def login(self, user: str, **how) -> Login:
        login = self.begin(user, **how)
        login.wait_until_open()
        return login

    def _serve(self) -> None:
        connections: dict[int, list] = {}  # of each: the socket, the login, what is not whole yet
        while True:
            for fd, _ in self._poll.poll():
                if fd == self._listener.fileno():
                    connection = self._listener.accept()[0]
                    connections[connection.fileno()] = [connection, None, b""]
                    self._poll.register(connection, select.EPOLLIN)
                    continue
                entry = connections[fd]
                data = _receive(entry[0])
                entry[2] += data
                *lines, entry[2] = entry[2].split(b"\n")
                for line in lines:
                    message = json.loads(line)
                    if "number" in message:
                        entry[1] = self._waiting.pop(message["number"])
                        entry[1]._socket = entry[0]
                    else:
                        entry[1]._told(message)
                if not data:
                    self._poll.unregister(fd)
                    del connections[fd]
                    entry[0].close()
                    if entry[1]:
                        entry[1]._gone()


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""


# --- the program: one process that forks the leaders ---------------------------------------------------------


class _Pam:
    """As much of libpam as a session takes."""

    def __init__(self):
        self._library = ctypes.CDLL("libpam.so.0")
        self._library.pam_getenv.restype = ctypes.c_char_p
        # Nobody is asked: a function that fails, kept for as long as the handle.
        function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        self._nobody = function(lambda *_: 19)  # PAM_CONV_ERR
        self._conversation = (ctypes.c_void_p * 2)(ctypes.cast(self._nobody, ctypes.c_void_p), None)
        self._handle = ctypes.c_void_p()

    def open(self, service: str, user: str) -> bool:
        """Whether idled took the login."""
        self._library.pam_start(service.encode(), user.encode(), self._conversation, ctypes.byref(self._handle))
        self._library.pam_open_session(self._handle, 0)
        return self._library.pam_getenv(self._handle, b"IDLED_TMOUT") is not None

    def close(self) -> None:
        self._library.pam_close_session(self._handle, 0)
        self._library.pam_end(self._handle, 0)


def _shell(slave: int, uid: int, gid: int, ignores) -> None:
    os.setsid()
    import fcntl
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(slave, fd)
    os.closerange(3, 4096)
    ctypes.CDLL(None).prctl(PR_SET_NAME, b"shell", 0, 0, 0)
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN if number in ignores else signal.SIG_DFL)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    while True:
        try:
            line = os.read(0, 4096)
        except OSError:
            line = b""
        if line.strip() == b"flood":
            _fill(1)
        if line.strip() == b"hop":
            _hop()
        if line.strip() == b"exit" or not line and not ignores:
            os._exit(0)
        if not line:
            time.sleep(0.1)


def _fill(fd: int) -> None:
    """Until the terminal takes nothing more, for good: what is written moves on from buffer to buffer for a while."""
    os.set_blocking(fd, False)
    for _ in range(5):
        for piece in (b"x" * 1000, b"x"):
            try:
                while True:
                    os.write(fd, piece)
            except BlockingIOError:
                pass
        time.sleep(0.05)
    os.set_blocking(fd, True)


def _hop() -> None:
    """Leaves a process that is a new one all the time: it forks and exits, deaf to all but SIGKILL."""
    if os.fork():
        return
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_NAME, b"hopper", 0, 0, 0)
    fork, leave = ctypes.CDLL(None).fork, ctypes.CDLL(None)._exit
    while True:
        if fork():
            leave(0)


def _fork_as(pid: int) -> int:
    """fork(2) of a process with that pid, which must be free: clone3(2) with set_tid."""
    if not pid:
        return os.fork()
    wanted = ctypes.c_int(pid)
    arguments = (ctypes.c_uint64 * 10)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(wanted), 1)
    child = ctypes.CDLL(None, use_errno=True).syscall(435, ctypes.byref(arguments), ctypes.sizeof(arguments))
    if child < 0:
        raise OSError(ctypes.get_errno(), f"clone3 with pid {pid}")
    return child


def _lead(connection: socket.socket, request: dict) -> None:
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_NAME, COMM, 0, 0, 0)

    def tell(message: dict) -> None:
        connection.sendall(json.dumps(message).encode() + b"\n")

    tell({"number": request["number"]})
    pam, began = _Pam(), time.monotonic()
    registered = pam.open(request["service"], request["user"])
    took = time.monotonic() - began
    master, slave = pty.openpty()
    terminal = os.ttyname(slave)[5:]
    child = os.fork()
    if child == 0:
        _shell(slave, request["uid"], request["gid"], request.get("ignores", ()))
    os.close(slave)
    tell({"open": [os.getpid(), child, terminal], "registered": registered, "took": took})
    _carry(connection, master, tell)
    pam.close()
    os._exit(0)


def _idle(connection: socket.socket, request: dict) -> None:
    """No login: a process that has nothing to do with any of this, but for its pid."""
    connection.sendall(json.dumps({"number": request["number"]}).encode() + b"\n")
    connection.sendall(json.dumps({"open": [os.getpid(), os.getpid(), ""], "registered": False, "took": 0}).encode()
                       + b"\n")
    connection.recv(1)
    os._exit(0)


def _carry(connection: socket.socket, master: int, tell) -> None:
    """Until the terminal is hung up or the other side is gone."""
    reads, pending = True, b""
    while True:
        ready = select.select([connection, *([master] if reads else [])], [], [])[0]
        if master in ready:
            try:
                tell({"out": os.read(master, 4096).decode(errors="replace")})
            except OSError:
                return
        if connection in ready:
            data = _receive(connection)
            if not data:
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                message = json.loads(line)
                reads = message.get("read", reads)
                if message.get("fork") and os.fork():
                    os._exit(0)
                if "type" in message:
                    os.write(master, message["type"].encode())


def _main(path: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the leaders
    for line in sys.stdin:
        request = json.loads(line)
        if _fork_as(request.get("pid", 0)) == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(path)
            os.close(0)
            (_idle if request.get("innocent") else _lead)(connection, request)


if __name__ == "__main__":
    _main(sys.argv[1])
