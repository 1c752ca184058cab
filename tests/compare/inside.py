#!/usr/bin/python3
"""Plays the table under one means, in a throwaway machine; prints a line of JSON for each scenario.

    inside.py MEANS [--all] [GLOB or title...]    --all: those for idled alone, too (to try the table itself out)
"""

import fnmatch
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases, scenario  # noqa: E402
from idled_testing.machine import OUR_PAM_LINE, Machine  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent))
from means import MEANS, version_of  # noqa: E402
from measure import Measure, Outcome, play  # noqa: E402

MARK = "RESULT "


def main() -> int:
    means = MEANS[sys.argv[1]]
    options = sys.argv[2:]
    globs = [word for word in options if not word.startswith("--")] or ["*"]
    chosen = [entry for entry in scenario.of_themes([])
              if (entry.means == "every" or "--all" in options)
              and any(glob == entry.title or fnmatch.fnmatch(entry.title, glob) for glob in globs)]
    judge = Measure(means.limit)
    for entry in chosen:
        cases.case(entry.title, timeout=entry.limits * 1.5 * means.limit + 60)(
            lambda test, entry=entry: tell(entry, measured(test, entry, judge)))

    def prepare() -> Machine:
        machine = Machine(install=means.is_idled, pam_line=OUR_PAM_LINE if means.is_idled else "",
                          ssh_config=means.ssh_config)
        print(MARK + json.dumps({"version": version_of(means)}), flush=True)
        for entry in chosen:
            machine.add_user(scenario.user_of(entry))
        scenario.prepare_props(machine, chosen)
        means.set_up(machine, chosen)
        return machine

    return cases.main(prepare, at_once=len(chosen), argv=[])


def measured(test: cases.Test, entry: scenario.Scenario, judge: Measure) -> Outcome:
    if missing := cases.missing_programs(entry.needs):
        return Outcome(f"not tried: no {missing[0]}", as_wanted=False)
    try:
        return play(scenario.Stage(test, entry, judge))
    except cases.Skipped as reason:
        return Outcome(f"not tried: {reason}", as_wanted=False)


def tell(entry: scenario.Scenario, outcome: Outcome) -> None:
    row = {"place": scenario.place_of(entry), "theme": entry.theme, "name": entry.name, "wanted": entry.wanted}
    print(MARK + json.dumps(row | {"words": outcome.words, "as_wanted": outcome.as_wanted}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
