"""The two processes that keep a throwaway machine: the supervisor outside, and the machine's first process.

    supervise.py THROWAWAY UTMP CMD [ARG...]

Called by `throwaway` with all namespaces already new. Both processes do the same: start one child, pass signals
on to it, reap whatever is left to them, and end with that child's status. Signals are blocked and waited for from
before the first fork, so none can fall between two steps: a SIGTERM while the machine is being put together
ends that, one later reaches the command.

If the supervisor is killed (SIGKILL), the kernel kills the machine's first process, and with it everything in
the machine.
"""

import ctypes
import os
import signal
import sys

PASSED_ON = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}
WATCHED = PASSED_ON | {signal.SIGCHLD}
PR_SET_PDEATHSIG = 1  # prctl(2)
CANNOT_PREPARE, CANNOT_RUN, NOT_FOUND = 125, 126, 127


def supervise(child: int) -> int:
    """Waits for a child, passing signals on and reaping orphans; returns its exit status as a shell would."""
    while True:
        received = signal.sigwait(WATCHED)
        if received in PASSED_ON:
            os.kill(child, received)
            continue
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code


def start(argv: list[str], folder: str) -> int:
    """Starts a program with signals as they are by default; returns its pid."""
    pid = os.fork()
    if pid != 0:
        return pid
    for number in PASSED_ON | {signal.SIGPIPE}:  # Python ignores SIGPIPE
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        os.chdir(folder if os.path.isdir(folder) else "/")
        os.execvp(argv[0], argv)
    except OSError as error:
        print(f"throwaway: {argv[0]}: {error.strerror}", file=sys.stderr)
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_RUN)


def has_ended(lifeline: int) -> bool:
    """Whether the process that had the other end of the pipe has ended: its files are closed before its child is told
    (and long before it is gone from /proc, where a zombie stays)."""
    os.set_blocking(lifeline, False)
    try:
        return os.read(lifeline, 1) == b""
    except BlockingIOError:
        return False


def first_process(lifeline: int, throwaway: str, utmp: str, command: list[str]) -> int:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if has_ended(lifeline):  # killed before we asked to be told
        return 128 + signal.SIGKILL
    os.setsid()  # a terminal outside is not a terminal in here
    folder = os.getcwd()
    status = supervise(start([throwaway, "--build-machine", utmp], "/"))
    if status != 0:
        print("throwaway: could not put the machine together", file=sys.stderr)
        return status if status > 128 else CANNOT_PREPARE
    return supervise(start(command, folder))


def main() -> int:
    _, throwaway, utmp, *command = sys.argv
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    lifeline, held = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(held)
        os._exit(first_process(lifeline, os.path.abspath(throwaway), utmp, command))
    os.close(lifeline)
    return supervise(pid)


if __name__ == "__main__":
    sys.exit(main())
