"""Runs scenarios as cases, under idled, and holds it to its promise."""

import functools
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from . import cases, promise, scenario
from .machine import Machine
from .process import Process
from .scenario import Scenario, Stage
from .waiting import now, until, wait_until

LIMIT = 20.0
UTMP = Path("/run/utmp")
LATER, LATEST = 10.0, 16.0  # seconds after which start_later() starts the daemon: before the end of a limit


class Promise:
    """Ends on time, or stays, or the case fails and says by how much."""
    limit, idled = LIMIT, True

    def ends(self, stage: Stage, client: Process, since: float, low: float, high: float, told: bool) -> None:
        promise.assert_logged_out_between(client, since, low, high)
        if told:
            promise.assert_told_why(client, rule=rule_of(stage.entry))

    def stays(self, stage: Stage, client: Process, until: float) -> None:
        promise.assert_alive_until(client, until)


def rule_of(entry: Scenario) -> str:
    return scenario.user_of(entry) if entry.settings else "defaults"


def policy_for(chosen: Sequence[Scenario]) -> dict:
    """The limit for all; a rule for each scenario that has settings of its own, by its user."""
    rules = [{"name": rule_of(entry), "match": {"user": scenario.user_of(entry)}, "idle": f"{LIMIT:g}s",
              **entry.settings} for entry in chosen if entry.settings]
    return {"defaults": {"idle": f"{LIMIT:g}s", "warn": ["5s"]}, "rules": rules}


def main(themes: Sequence[str], machine: Callable[[], Machine] = Machine,
         start: Callable[[Machine, dict], None] = Machine.start_daemon) -> int:
    """Runs the scenarios of these themes; returns the exit status.

    machine  makes it, where the usual one will not do
    start    starts the daemon with the policy, or sees to it that somebody will
    """
    chosen = scenario.of_themes(themes)
    judge = Promise()
    for entry in chosen:
        play = functools.partial(_play, entry=entry, judge=judge)
        cases.case(entry.title, needs=entry.needs, timeout=entry.limits * LIMIT + 30)(play)

    def prepare() -> Machine:
        made = machine()
        for entry in chosen:
            made.add_user(scenario.user_of(entry))
        scenario.prepare_props(made, chosen)
        start(made, policy_for(chosen))
        return made

    return cases.main(prepare, at_once=len(chosen))


_last_arrival = 0.0


def start_later(machine: Machine, policy: dict) -> None:
    """For logins that are to be older than the daemon: it is started when they are in, see wait_for_the_daemon()."""
    machine.write_policy(policy)
    begun = now()

    def start() -> None:
        until(begun + LATER)
        while now() < begun + LATEST and now() < _last_arrival + 2:
            until(now() + 0.2)
        machine.start_daemon()

    threading.Thread(target=start, daemon=True).start()


def wait_for_the_daemon(machine: Machine) -> None:
    """For a login that is in, where start_later() starts the daemon: waits until it has."""
    global _last_arrival
    assert not machine.daemon, "too late: the daemon runs already"
    _last_arrival = now()
    wait_until(lambda: machine.daemon, "the daemon to be started", timeout=2 * LATEST)


def machine_without_utmp() -> Machine:
    """As on the distributions that have given it up: nothing creates the file, so nobody writes to it."""
    UTMP.unlink()
    return Machine()


def _play(test: cases.Test, entry: Scenario, judge: Promise) -> None:
    entry.play(Stage(test, entry, judge))
