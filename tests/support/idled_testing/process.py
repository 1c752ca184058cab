"""A running program: what is typed into it, what it prints, and the moment it ends."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .transcript import Seen, Transcript
from .waiting import TookTooLong, now, shown

CLEAN = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root", "USER": "root", "LOGNAME": "root", "SHELL": "/bin/bash", "LANG": "C.UTF-8", "TERM": "xterm",
}
# Where a build with sanitizers is tested, its programs must find their options.
CLEAN |= {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}


class HasEnded(AssertionError):
    """It was to be typed into, and is gone."""


class Process:
    """Runs a program, with pipes or (on_pty) a terminal of its own as input and output.

    Times are those of time.monotonic(). `output` and `errors` are transcripts; a program on a pty has all in
    `output`. `errors_to` is a file that gets the errors, too. Ends with the throwaway machine at the latest; close() ends it sooner.
    """

    def __init__(self, argv: Sequence[str], *, name: str = "", on_pty: bool = False,
                 environment: Mapping[str, str] | None = None, pass_fds: Sequence[int] = (),
                 errors_to: Path | None = None):
        self.name = name or os.path.basename(argv[0])
        self.argv = list(argv)
        self.output, self.errors = Transcript(), Transcript(errors_to)
        self.typed: list[tuple[float, str]] = []
        self.started_at = now()
        self.ended_at: float | None = None
        self.status: int | None = None  # as a shell has it: 128 + N if signal N ended it
        self._ended = threading.Event()
        environment = CLEAN | dict(environment or {})
        if on_pty:
            self._start_on_pty(environment)
        else:
            self._popen = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/",
                                           stderr=subprocess.PIPE, env=environment, pass_fds=pass_fds, bufsize=0)
            self._input = self._popen.stdin.fileno()
            streams = {self._popen.stdout.fileno(): self.output, self._popen.stderr.fileno(): self.errors}
            self._read_from(streams)
        self.pid = self._popen.pid

    def _start_on_pty(self, environment: Mapping[str, str]) -> None:
        self._input, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        # setsid(1) and not preexec_fn, which is not safe where there are threads; it keeps the pid.
        self._popen = subprocess.Popen(["setsid", "--ctty", *self.argv], stdin=inside, stdout=inside, stderr=inside,
                                       env=environment, cwd="/", bufsize=0)
        os.close(inside)
        self._read_from({self._input: self.output})

    # --- input ---

    def type(self, text: str, timeout: float = 30.0) -> float:
        """Types a text; returns the moment just before (its last part) was written."""
        data = text.encode()
        deadline = now() + timeout
        while True:
            _, ready, _ = select.select([], [self._input], [], max(0.0, deadline - now()))
            if not ready:
                raise TookTooLong(f"{self.name}: took no more input for {timeout:g} s")
            moment = now()
            try:
                data = data[os.write(self._input, data[:4096]):]  # PIPE_BUF: what a writable pipe takes at once
            except OSError as error:
                raise HasEnded(f"{self.name}: cannot be typed into, it has ended ({error})") from None
            if not data:
                self.typed.append((moment, text))
                return moment

    def type_slowly(self, text: str, every: float) -> float:
        """Types key by key; returns the moment of the last."""
        for key in text:
            moment = self.type(key)
            time.sleep(every)
        return moment

    def end_input(self) -> None:
        """What Ctrl-D, or the end of a file, is to a program that reads from a pipe."""
        self._popen.stdin.close()

    @property
    def last_key_at(self) -> float:
        return self.typed[-1][0] if self.typed else self.started_at

    # --- output and end ---

    def wait_for(self, pattern, timeout: float = 10.0) -> Seen:
        """Waits for a text or re.Pattern in what was printed since the last match."""
        try:
            return self.output.wait_for(pattern, timeout)
        except TookTooLong as error:
            raise TookTooLong(f"{self.name}: {error}") from None

    def ended(self, timeout: float = 0.0) -> bool:
        """Waits until the program has exited; False if it still runs then."""
        return self._ended.wait(timeout)

    def wait(self, timeout: float = 10.0) -> int:
        """Waits until the program has exited; its status."""
        if not self.ended(timeout):
            raise TookTooLong(f"{self.name}: waited {timeout:g} s for it to end")
        return self.status

    def freeze(self) -> None:
        """SIGSTOP: a client that no longer reads, or whose laptop was closed."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def signal(self, number: int) -> None:
        self._popen.send_signal(number)

    def close(self) -> None:
        """Kills the program, if it still runs."""
        if not self.ended():
            self.signal(signal.SIGKILL)
            self._ended.wait(10)

    def evidence(self) -> str:
        """What went in, what came out and how it ended, each with its time: for the report of a failure."""
        parts = [f"{self.name}: {' '.join(self.argv[:1])} pid {self.pid}, started {shown(self.started_at).strip()}, "
                 + (f"ended {shown(self.ended_at).strip()} with status {self.status}" if self.ended_at
                    else "still running")]
        keys = self.typed[-10:]
        parts += [f"typed   {shown(when)}  {text[:80]!r}" for when, text in keys]
        for label, transcript in (("printed", self.output), ("errors", self.errors)):
            parts += [f"{label:7} {line}" for line in transcript.shown(25).splitlines()]
        return "\n".join(parts)

    def _read_from(self, streams: dict[int, Transcript]) -> None:
        self._pidfd = os.pidfd_open(self._popen.pid)
        threading.Thread(target=self._read, args=(streams,), daemon=True).start()

    def _read(self, streams: dict[int, Transcript]) -> None:
        """Until the program has ended *and* its output has: a background child may hold that for longer."""
        poller = select.poll()
        for fd in (self._pidfd, *streams):
            poller.register(fd, select.POLLIN)
        open_fds = {self._pidfd, *streams}
        while open_fds:
            ready = [fd for fd, _ in poller.poll()]
            moment = now()
            for fd in sorted(ready, key=lambda fd: fd == self._pidfd):  # output first: it came before the end
                if fd == self._pidfd:
                    self._note_end(moment)
                elif data := _read_some(fd):
                    streams[fd].add(data)
                    continue
                else:
                    streams[fd].close()
                poller.unregister(fd)
                open_fds.discard(fd)
        os.close(self._pidfd)

    def _note_end(self, moment: float) -> None:
        status = self._popen.wait()
        self.status = status if status >= 0 else 128 - status
        self.ended_at = moment
        self._ended.set()


def _read_some(fd: int) -> bytes:
    try:
        return os.read(fd, 65536)
    except OSError:  # EIO: the other side of a pty is closed
        return b""
