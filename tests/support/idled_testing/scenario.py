"""The table of ways to hold a terminal: each is done the same way under idled and under other means.

    @scenario("evasion", "touch in a loop", "ended")
    def _(s):
        client = s.login()
        s.ends(client, since=s.enter(client, "while :; do touch $(tty); done"))

A scenario does what a person does, and says of each login whether it is to end or to stay. Who judges that differs:
tests/integration holds idled to its promise, tests/compare measures what other means make of it. So all times are in
terms of `s.limit`, and what only idled can be asked (`idlectl list`, its log) stands under `if s.idled`.

The entries are in scenarios/, a module a theme.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from . import cases, ssh
from .machine import Machine
from .process import Process
from .ssh import Ssh
from .waiting import now, until, wait_until

ENDED, KEPT = "ended", "kept"
GRACE = 9.0  # 8 s, to which the kernel keeps the time of input, and one to hang up
ALL_MEANS = ("every", "idled")


@dataclass(frozen=True)
class Scenario:
    theme: str
    name: str
    wanted: str  # ENDED, KEPT; what decides in the end, where a login is first kept and then ended
    play: Callable[["Stage"], None]
    needs: tuple[str, ...] = ()  # programs
    props: tuple[Callable[[Machine], None], ...] = ()  # what the machine has to have, made before the daemon starts
    settings: Mapping[str, object] = field(default_factory=dict)  # of idled's policy, for the scenario's user
    means: str = "every"  # "idled": is about what no other means claims to do
    limits: float = 6.0  # how many limits it may last

    @property
    def title(self) -> str:
        return f"{self.name}: {self.wanted}"


class Judge(Protocol):
    limit: float
    idled: bool

    def ends(self, stage: "Stage", client: Process, since: float, low: float, high: float, told: bool) -> None:
        """Waits for the end, which is to come `low` to `high` seconds after `since`, the last human input."""

    def stays(self, stage: "Stage", client: Process, until: float) -> None:
        """Watches the client until then."""


_table: list[Scenario] = []


def scenario(theme: str, name: str, wanted: str, *, means: str = "every", limits: float = 6.0,
             needs: Sequence[str] = (), props: Sequence[Callable[[Machine], None]] = (),
             settings: Mapping[str, object] | None = None):
    """Enters a function into the table."""
    assert wanted in (ENDED, KEPT) and means in ALL_MEANS, (wanted, means)

    def enter(function):
        entry = Scenario(theme, name, wanted, function, tuple(needs), tuple(props), dict(settings or {}), means, limits)
        if any(other.title == entry.title for other in _table):
            raise ValueError(f"two scenarios are called {entry.title!r}")
        _table.append(entry)
        return function
    return enter


def of_themes(themes: Sequence[str]) -> list[Scenario]:
    from . import scenarios  # noqa: F401  here: its modules enter themselves into the table above
    chosen = [entry for entry in _table if entry.theme in themes or not themes]
    if missing := set(themes) - {entry.theme for entry in chosen}:
        raise ValueError(f"no scenario is of theme {' or '.join(sorted(missing))}")
    return chosen


def prepare_props(machine: Machine, chosen: Sequence[Scenario]) -> None:
    for prop in dict.fromkeys(prop for entry in chosen for prop in entry.props):
        prop(machine)


def place_of(entry: Scenario) -> int:
    """Where it stands in the table."""
    return _table.index(entry)


def user_of(entry: Scenario) -> str:
    """Each scenario has a user, whom no other has: so a rule of the policy can be for it alone."""
    word = re.sub(r"[^a-z0-9]+", "-", entry.name.lower())[:22].strip("-")
    return f"s{place_of(entry)}-{word}"


class Stage:
    """What a scenario is played on: cases.Test for its clients, and who judges."""

    def __init__(self, test: cases.Test, entry: Scenario, judge: Judge):
        self.test, self.entry, self.judge = test, entry, judge
        self.machine: Machine = test.machine
        self.user, self.limit, self.idled = user_of(entry), judge.limit, judge.idled
        self.home = self.machine.users[self.user].home

    # --- ways in ---

    def login(self, user: str = "", **how) -> Ssh:
        return self.test.login(user or self.user, **how)

    def ssh(self, command: str = "", **how) -> Ssh:
        return self.test.ssh(self.user, command, **how)

    def run(self, argv: Sequence[str], **how) -> Process:
        return self.test.run(argv, **how)

    def transfer(self, program: str, arguments: Sequence[str], **how) -> Process:
        return self.test.keep(ssh.transfer(program, self.user, arguments, **how))

    def master(self) -> tuple[Ssh, str]:
        """The master of a connection, which itself only waits, and the path for `control=` of its channels."""
        path = f"/tmp/{self.user}.sock"
        master = self.ssh(no_command=True, control=path, master=True)
        wait_until(lambda: Path(path).exists(), "the master's socket")
        return master, path

    # --- what people do ---

    def enter(self, client: Process, command: str) -> float:
        """Types a command; several lines as one, since readline takes a line break for Enter."""
        if "\n" in command:
            escaped = command.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
            command = f"eval $'{escaped}'"
        return client.type(command + "\n")

    def types(self, client: Process, text: str, rounds: int = 3, gap: float | None = None) -> float:
        """Types `text` just inside the limit, again and again, being there each time; the moment of the last key."""
        gap = self.limit - 1.5 if gap is None else gap
        for _ in range(rounds):
            self.stays(client, now() + gap)
            key = client.type_slowly(text, 0.15)
        return key

    def skip(self, reason: str) -> None:
        self.test.skip(reason)

    # --- what is to become of it ---

    def ends(self, client: Process, since: float, *, doubted: bool = False, late: float = 0.0, told: bool = False,
             low: float | None = None) -> None:
        """The login ends: limit to limit + 9 s after the last human input at `since`.

        doubted  the doubtful past counts once: up to one limit more (docs/architecture.md, two witnesses)
        late     how much later it may be, for a reason that the scenario gives
        told     idled's warning and farewell are on the screen
        """
        high = self.limit * (2 if doubted else 1) + GRACE + late
        self.judge.ends(self, client, since, self.limit if low is None else low, high, told)

    def stays(self, client: Process, moment: float) -> None:
        self.judge.stays(self, client, moment)

    def lives_on(self, what: str, left: Callable[[], object]) -> None:
        """What was left running still does, two limits from now: `left` returns something true."""
        until(now() + 2 * self.limit)
        assert left(), f"{what} was ended with the login"
