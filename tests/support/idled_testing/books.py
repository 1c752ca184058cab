"""The daemon's log as books: what it has recorded of each login, over all of its lives, and what it holds.

`Books(machine)` reads the logs of all daemons that the machine has started.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .build import is_sanitized

STATE = Path("/run/idled/sessions")
_BEGIN = re.compile(r"^<\d>(?P<kind>Opened|Found|Restored|Closed|Logged out|Warned|Logging out|Still there|Cannot end)")
_LEADER = re.compile(r" IDLED_LEADER=(\d+)")
TAKEN, LEFT = ("Opened", "Found"), ("Closed", "Logged out")


@dataclass
class Page:
    """Of one login, told by its leader's pid."""
    leader: int
    kinds: Counter = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    @property
    def fates(self) -> int:
        return sum(self.kinds[kind] for kind in LEFT)

    @property
    def taken(self) -> int:
        return sum(self.kinds[kind] for kind in TAKEN)


class Books:
    def __init__(self, machine):
        self.pages: dict[int, Page] = {}  # of all logins whose leaders had that pid
        self.logins: dict[int, list[Page]] = {}  # and of each of them: over a long time pids come back
        self.text = "".join(path.read_text(errors="replace") for path in machine.daemon_logs())
        for line in self.text.splitlines():
            begin, leader = _BEGIN.match(line), _LEADER.search(line)
            # The terminals of a login may end without it: that is no fate.
            if begin and leader and not line[3:].startswith("Logged out the terminals"):
                for page in self._pages_for(int(leader[1]), begin["kind"]):
                    page.kinds[begin["kind"]] += 1
                    page.lines.append(line)

    def _pages_for(self, leader: int, kind: str) -> tuple[Page, Page]:
        logins = self.logins.setdefault(leader, [])
        if not logins or kind in TAKEN and logins[-1].fates:
            logins.append(Page(leader))
        return self.pages.setdefault(leader, Page(leader)), logins[-1]

    def of(self, leader: int) -> Page:
        return self.pages.get(leader, Page(leader))


def state_files() -> list[str]:
    return sorted(path.name for path in STATE.iterdir())


@dataclass
class Holdings:
    """What a process has in its hands."""
    descriptors: dict[str, int]  # kind to number
    watches: int  # of inotify
    resident: int  # kB

    def assert_grew_at_most(self, kilobytes: int, before: "Holdings") -> None:
        """In memory. A sanitizer keeps what is freed: there its own word on leaks, at the daemon's end, counts."""
        growth = self.resident - before.resident
        assert is_sanitized() or growth <= kilobytes, \
            f"grew by {growth} kB, from {before.resident} to {self.resident}"

    def __init__(self, pid: int):
        self.descriptors, self.watches = {}, 0
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            try:
                kind = str(fd.readlink()).split(":[")[0]
                watches = Path(f"/proc/{pid}/fdinfo/{fd.name}").read_text().count("inotify wd:")
            except FileNotFoundError:
                continue  # closed since the directory was read
            self.descriptors[kind] = self.descriptors.get(kind, 0) + 1
            self.watches += watches
        self.total = sum(self.descriptors.values())
        status = Path(f"/proc/{pid}/status").read_text()
        self.resident = int(status.split("VmRSS:")[1].split()[0])
