"""What the measures of tests/bench share: their form, real logins by the thousand, and what a process has used.

A measure is a program of tests/bench/measures, run in a throwaway machine of its own:

    def measure(quick: bool) -> Measured: ...
    if __name__ == "__main__":
        main(measure)
"""

import json
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing.build import BUILD, REPOSITORY  # noqa: E402
from idled_testing.daemon import SOCKET  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.process import Process  # noqa: E402
from idled_testing.waiting import now, wait_until  # noqa: E402

SERVICE = "bench"
AUTOLOG = REPOSITORY / "build/compare/usr/sbin/autolog"  # what `tools/packages compare` unpacks


@dataclass
class Row:
    """A line of the table."""
    what: str
    value: float
    unit: str
    reach: float | None = None   # at most so much, in the same unit
    beside: dict[str, float] = field(default_factory=dict)   # what others need for the same, in the same run
    rounds: list[float] = field(default_factory=list)        # of which `value` is the median
    how: str = ""
    bound: float | None = None   # of a count: with --quick it must be at most that


@dataclass
class Plot:
    """Distributions, as the share of values that are at most x."""
    name: str
    title: str
    x: str
    series: dict[str, list[float]]


@dataclass
class Measured:
    rows: list[Row] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)


def main(measure: Callable[[bool], Measured]) -> None:
    """Its result is the only thing on standard output."""
    out, sys.stdout = sys.stdout, sys.stderr
    json.dump(asdict(measure("--quick" in sys.argv[1:])), out)


def say(text: str) -> None:
    print(f"    | {text}", file=sys.stderr, flush=True)


def median_row(what: str, rounds: Sequence[float], unit: str, **more) -> Row:
    return Row(what, statistics.median(rounds), unit, rounds=list(rounds), **more)


def quantile(values: Sequence[float], share: float) -> float:
    """The least value that so large a share of them is not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


# --- machines -----------------------------------------------------------------------

def machine(policy: dict, **how) -> Machine:
    """With the daemon running, and a PAM service of which our line is all."""
    made = Machine(start_sshd=False, **how)
    Path("/etc/pam.d", SERVICE).write_text("session optional pam_idled.so\n")
    made.start_daemon(policy)
    return made


class Crowd:
    """Logins as crowd.cc makes them; see there."""

    def __init__(self, user: str = "alice", service: str = SERVICE):
        self._process = Process([str(BUILD / "tests/bench/crowd"), service, user], name="crowd")
        self._answers = 0

    def open(self, count: int) -> dict:
        answer = self._tell(f"open {count}")
        if answer["logins"] < count:
            raise AssertionError(f"of {count} logins only {answer['logins']} got in:\n{self._process.evidence()}")
        return answer

    def type(self) -> dict:
        return self._tell("type")

    def close(self) -> dict:
        return self._tell("close")

    def still_in(self) -> int:
        """How many of them have not ended."""
        states = subprocess.run(["ps", "-C", "in.rlogind", "-o", "state="], capture_output=True, text=True).stdout
        return sum(state != "Z" for state in states.split())

    def _tell(self, order: str) -> dict:
        self._process.type(order + "\n")
        wait_until(lambda: self._process.ended() or len(self._process.output.text.splitlines()) > self._answers,
                   f"{order!r} to be done", timeout=300)
        answers = self._process.output.text.splitlines()
        if len(answers) <= self._answers:
            raise AssertionError(f"crowd has ended:\n{self._process.evidence()}")
        self._answers += 1
        return json.loads(answers[self._answers - 1])


def start_autolog() -> Process | None:
    """autolog with the limit of the measures, in the mode that ends nobody (-n); None where it is not to be had.

    It looks when the first login may have been idle for so long, and not once a minute.
    """
    if not AUTOLOG.exists():
        return None
    shutil.copy(AUTOLOG, "/usr/sbin/autolog")
    Path("/etc/autolog.conf").write_text("idle=5 grace=5 nomail warn\nnolostkill\n")
    return Process(["autolog", "-d", "-n"], name="autolog")


# --- what a process has used --------------------------------------------------------

@dataclass
class Used:
    """By all threads of a process since it began."""
    cpu: float      # seconds
    wakeups: int    # times that it waited, and went on

    @staticmethod
    def by(pid: int) -> "Used":
        cpu, wakeups = 0, 0
        for task in Path(f"/proc/{pid}/task").iterdir():
            cpu += int((task / "schedstat").read_text().split()[0])
            status = (task / "status").read_text()
            wakeups += int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
        return Used(cpu / 1e9, wakeups)

    def __sub__(self, other: "Used") -> "Used":
        return Used(self.cpu - other.cpu, self.wakeups - other.wakeups)


def used_while(pids: dict[str, int], seconds: float) -> dict[str, Used]:
    """What each has used in that time."""
    before = {name: Used.by(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    return {name: Used.by(pid) - before[name] for name, pid in pids.items()}


def resident(pid: int) -> int:
    """Bytes that are in memory because of this process: its own, and its share of what others use, too (PSS)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.partition("\nPss:")[2].split()[0]) * 1024


def timed(command: Sequence[str]) -> float:
    began = now()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return now() - began


def storm_command(service: str, *, callers: int, rate: int, seconds: float, user: str = "alice") -> list[str]:
    return [str(BUILD / "tests/bench/login_storm"), service, user, str(callers), str(rate), str(seconds)]


def storm(service: str, **how) -> dict:
    """What login_storm says of it; all must be taken, where our line is in the service."""
    done = subprocess.run(storm_command(service, **how), check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    say(f"{service}: {told}")
    return told


# --- calls --------------------------------------------------------------------------

class Caller:
    """A Varlink connection to the daemon: one call after the other, each timed."""

    def __init__(self, daemon: int):
        self._daemon = daemon
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(SOCKET))

    def latency(self, method: str, **parameters) -> float:
        """Seconds to the whole answer, less those in which the system let daemon or caller wait for a processor."""
        message = json.dumps({"method": f"io.idled.Sessions.{method}", "parameters": parameters}).encode() + b"\0"
        waited, began = self._made_to_wait(), time.perf_counter()
        self._socket.sendall(message)
        answer = b""
        while not answer.endswith(b"\0"):
            answer += self._socket.recv(1 << 20)
        took = time.perf_counter() - began
        if b'"error"' in answer[:200]:
            raise AssertionError(f"{method}: {answer.decode()}")
        return took - (self._made_to_wait() - waited)

    def _made_to_wait(self) -> float:
        return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
                   for pid in (self._daemon, "self")) / 1e9
