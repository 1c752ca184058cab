"""What becomes of a login under some means, put into words and seconds; nothing is asserted."""

import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing.process import HasEnded, Process  # noqa: E402
from idled_testing.scenario import KEPT, Stage  # noqa: E402
from idled_testing.waiting import now, until  # noqa: E402


# sshd counts in whole seconds, and is up to one early by that: no more is made of it.
GRAIN = 1.0


@dataclass(frozen=True)
class Outcome:
    words: str
    as_wanted: bool


class Settled(Exception):
    """The outcome is clear; the rest of the scenario has no more to say."""

    def __init__(self, words: str):
        super().__init__(words)
        self.outcome = Outcome(words, as_wanted=False)


class Measure:
    """The judge of a means with that limit. `idled` is False for all: each is asked for the same, the outcome."""
    idled = False

    def __init__(self, limit: float):
        self.limit = limit

    def ends(self, stage: Stage, client: Process, since: float, low: float, high: float, told: bool) -> None:
        patience = high + self.limit
        terminal = "its terminal " if stage.entry.wanted == KEPT else ""
        if not client.ended(max(0.0, since + patience - now())):
            raise Settled(f"{terminal}never ended")
        lasted = client.ended_at - since
        if lasted > high:
            raise Settled(f"{terminal}late by {lasted - high:.0f} s")
        if lasted < low - GRAIN:
            raise Settled(f"{terminal}early by {low - lasted:.1f} s")

    def stays(self, stage: Stage, client: Process, moment: float) -> None:
        if client.ended(max(0.0, moment - now())):
            raise Settled(f"killed after {client.ended_at - client.last_key_at:.0f} s")
        until(moment)


def play(stage: Stage) -> Outcome:
    try:
        stage.entry.play(stage)
    except Settled as settled:
        return settled.outcome
    except HasEnded:
        return Outcome("killed as its user typed", as_wanted=False)
    except AssertionError as error:  # what was to live on does not; or the scenario itself got stuck
        return Outcome(_shortened(str(error)), as_wanted=False)
    return Outcome("kept" if stage.entry.wanted == KEPT else "on time", as_wanted=True)


def _shortened(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 60 else line[:57] + "..."
