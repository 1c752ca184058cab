"""A table of cases, run side by side: most of a case is waiting for real time to pass.

    @case("a user who types stays")
    def _(t):
        client = t.login("alice")
        ...

    if __name__ == "__main__":
        sys.exit(cases.main(prepare))   # prepare() returns a Machine

Arguments: globs over the names select cases; --list shows them; --at-once N; --verbose shows logs of passed cases.
"""

import argparse
import fnmatch
import itertools
import os
import shutil
import sys
import textwrap
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .machine import Machine
from .process import Process
from .ssh import Ssh
from .waiting import now, shown

SKIPPED_BY_CTEST = 77


class Skipped(Exception):
    """The case cannot be run here; the text says why."""


@dataclass(frozen=True)
class Case:
    name: str
    function: Callable[["Test"], None]
    needs: tuple[str, ...]
    timeout: float


@dataclass
class Outcome:
    case: Case
    verdict: str  # ok, FAIL, skip
    seconds: float
    reason: str = ""
    evidence: str = ""


class Test:
    """What a case is given: the machine, clients that end with the case, and a log of its own."""

    def __init__(self, case: Case, machine: Machine | None):
        self.machine, self.name, self.started_at = machine, case.name, now()
        self._log: list[str] = []
        self._processes: list[Process] = []

    def log(self, text: str) -> None:
        """Goes into the report if the case fails."""
        self._log.append(f"{shown(now())}  {text}")

    def skip(self, reason: str) -> None:
        raise Skipped(reason)

    def ssh(self, user: str = "alice", command: str = "", **how) -> Ssh:
        """As Machine.ssh(); closed when the case ends, shown when it fails."""
        return self.keep(self.machine.ssh(user, command, **how))

    def login(self, user: str = "alice", **how) -> Ssh:
        """As Machine.login(): an ssh client at its shell's prompt."""
        client = self.ssh(user, **how)
        client.prompt()
        return client

    def run(self, argv: Sequence[str], **how) -> Process:
        return self.keep(Process(argv, **how))

    def keep(self, process: Process) -> Process:
        self._processes.append(process)
        return process

    def new_user(self, groups: Sequence[str] = (), shell: str = "/bin/bash") -> str:
        """A user whom no other case uses; the name."""
        word = "".join(c if c.isalnum() else "-" for c in self.name.lower())[:20].strip("-")
        name = f"u-{word}-{next(_user_numbers)}"
        self.machine.add_user(name, groups, shell)
        return name

    def close(self) -> None:
        for process in self._processes:
            process.close()

    def evidence(self) -> str:
        parts = ["\n".join(self._log), *(process.evidence() for process in self._processes)]
        if self.machine is not None:
            parts.append(self.machine.evidence(self.started_at))
        return "\n".join(part for part in parts if part)


_cases: list[Case] = []
_user_numbers = itertools.count(1)  # of the whole run: cases may begin with the same words


def case(name: str, *, needs: Sequence[str] = (), timeout: float = 120.0):
    """Enters a function into the table. `needs`: programs without which the case is skipped."""
    def enter(function):
        if any(other.name == name for other in _cases):
            raise ValueError(f"two cases are called {name!r}")
        _cases.append(Case(name, function, tuple(needs), timeout))
        return function
    return enter


def missing_programs(needs: Sequence[str]) -> list[str]:
    return [program for program in needs if shutil.which(program) is None]


def main(prepare: Callable[[], Machine | None], at_once: int = 32, argv: Sequence[str] | None = None) -> int:
    """Runs the cases that the command line selects; returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("globs", nargs="*", metavar="GLOB", help="cases to run, by name (all)")
    parser.add_argument("--list", action="store_true", help="show the names")
    parser.add_argument("--at-once", type=int, default=at_once, metavar="N", help="cases at once (%(default)s)")
    parser.add_argument("--verbose", action="store_true", help="show the logs of cases that passed, too")
    options = parser.parse_args(argv)
    chosen = [case for case in _cases
              if not options.globs or any(fnmatch.fnmatch(case.name, glob) for glob in options.globs)]
    if options.list:
        print("\n".join(case.name for case in chosen))
        return 0
    if not chosen:
        print(f"no case is called {' or '.join(options.globs)}", file=sys.stderr)
        return 2
    machine = prepare()
    report = _Report(options.verbose)
    all_ended = _run_all(chosen, machine, options.at_once, report)
    if machine is not None and (complaints := machine.complaints()):
        report.add(Outcome(Case("the daemon comes through", lambda t: None, (), 0), "FAIL", 0,
                           "; ".join(complaints[:3]), machine.evidence()))
    status = report.end()
    if not all_ended:
        os._exit(status)  # a thread hangs, and Python would wait for it
    return status


def _run_all(chosen: Sequence[Case], machine: Machine | None, at_once: int, report: "_Report") -> bool:
    """True when all cases ended by themselves."""
    places = threading.Semaphore(at_once)
    runs: list[_Run] = []
    for each in chosen:
        while not places.acquire(timeout=0.5):
            for run in runs:
                run.give_up_if_late()
        runs.append(_Run(each, machine, report, places))
        runs[-1].start()
    while any(run.is_unsettled() for run in runs):
        for run in runs:
            run.join(0.1 if run.is_unsettled() else 0)
            run.give_up_if_late()
    for run in runs:
        run.join(0 if run.given_up else None)
    return not any(run.is_alive() for run in runs)


class _Run(threading.Thread):
    """One case in a thread of its own, which cannot be ended from outside, only given up."""

    def __init__(self, case: Case, machine: Machine | None, report: "_Report", places: threading.Semaphore):
        super().__init__(daemon=True, name=case.name)
        self._case, self._report, self._places = case, report, places
        self._test = Test(case, machine)
        self.given_up = False
        self._settled = threading.Lock()  # held once the outcome is reported: by the run, or by who gave it up

    def run(self) -> None:
        self._settle(*self._verdict())
        self._test.close()

    def is_unsettled(self) -> bool:
        return not self._settled.locked()

    def give_up_if_late(self) -> None:
        if self.is_unsettled() and now() - self._test.started_at > self._case.timeout:
            self.given_up = True
            stack = "".join(traceback.format_stack(sys._current_frames().get(self.ident)))
            self._settle("FAIL", f"has not ended after {self._case.timeout:g} s\n{stack}")

    def _verdict(self) -> tuple[str, str]:
        try:
            if missing := missing_programs(self._case.needs):
                raise Skipped(f"{' and '.join(missing)} not installed")
            self._case.function(self._test)
            return "ok", ""
        except Skipped as reason:
            return "skip", str(reason)
        except AssertionError as error:
            return "FAIL", f"{error or 'assertion'}\n{_where(error)}"
        except BaseException:  # a fault in the case is a failure like any other
            return "FAIL", traceback.format_exc()

    def _settle(self, verdict: str, reason: str) -> None:
        if self._settled.acquire(blocking=False):
            seconds = now() - self._test.started_at
            evidence = self._test.evidence() if verdict == "FAIL" or self._report.verbose else ""
            self._report.add(Outcome(self._case, verdict, seconds, reason, evidence))
            self._places.release()


def _where(error: BaseException) -> str:
    """The line of the case that failed: the innermost that is not in this package."""
    here = os.path.dirname(__file__)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(here)]
    return f"at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}: {frames[-1].line}" if frames else ""


@dataclass
class _Report:
    """One line a case, as it ends; the evidence of failures indented below."""
    verbose: bool
    counts: dict[str, int] = field(default_factory=lambda: {"ok": 0, "FAIL": 0, "skip": 0})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, outcome: Outcome) -> None:
        with self._lock:
            self.counts[outcome.verdict] += 1
            detail = f" ({outcome.reason})" if outcome.verdict == "skip" else f" {outcome.seconds:.1f} s"
            lines = [f"{outcome.verdict} {outcome.case.name}{detail}"]
            if outcome.verdict == "FAIL":
                lines.append(textwrap.indent(outcome.reason.strip(), "    "))
            if outcome.evidence:
                lines.append(textwrap.indent(outcome.evidence, "      "))
            print("\n".join(lines), flush=True)

    def end(self) -> int:
        passed, failed, skipped = self.counts["ok"], self.counts["FAIL"], self.counts["skip"]
        print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
        return 1 if failed else SKIPPED_BY_CTEST if not passed else 0
