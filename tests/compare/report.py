"""Writes the comparison down, as Markdown: all its figures come from the run."""

from collections.abc import Mapping
from dataclasses import dataclass

from means import Means

GRACE = 9
HEAD = """\
# The same table, under other means

*Written by `tests/compare/run` on {date}, at commit {commit}, in {lasted}. Do not edit.*

{system}, {kernel}, {cores} cores.

Each row is a login that does what the row says: one that is to be *ended* when its person has gone, or one that is to
be *kept*. The rows are those that idled's own tests hold it to (`tests/support/idled_testing/scenarios/`), less
what only idled claims to do ({omitted}).
Every means has a fresh machine, real programs, and the same keys typed.

- **on time**: from the limit to the limit and {grace} s after the last human input: 8 s is what the kernel keeps the
  time of input to. Less than a second early is on time, too: sshd counts in whole seconds. Where a
  row sets the terminal's times by hand *with keepalives*, one limit more is allowed, once.
- **late**, **early**: by how much beyond that. **never ended**: not within a limit more.
- **kept** and **killed**: was there to the end of the row, or was ended while it worked.

What is not as wanted is in bold.
"""
LIMITS = """\
## What this does not show

- One machine, one run, one version of each. The terminals are ptys, the clients OpenSSH on the loopback; there is no
  systemd, so that systemd-logind's StopIdleSessionSec is not among the means.
- The limits are short (20 s; 60 s for autolog, which counts in minutes), so that a table takes minutes. What is a share
  of the limit in practice is large here: 9 s of 20.
- A row counts as one, whether it is an attack or a daily habit; the totals are no measure of worth.
- ChannelTimeout ends a channel, not what runs on it; a row asks only whether the terminal was let go of.
"""


@dataclass(frozen=True)
class Result:
    version: str
    rows: Mapping[tuple[str, str, str], dict]  # (theme, name, wanted) to its outcome


def report(means: Mapping[str, Means], results: Mapping[str, Result], facts: Mapping[str, str]) -> str:
    keys = list(dict.fromkeys(key for result in results.values() for key in result.rows))
    place = {key: outcome["place"] for result in results.values() for key, outcome in result.rows.items()}
    keys.sort(key=lambda key: (key[2], place[key]))
    used = [means[name] for name in results]
    omitted = "other activity than input, ending leftovers, logins older than itself, namespaces"
    lines = [HEAD.format(**facts, grace=GRACE, omitted=omitted),
             row(["wanted", "case", *(each.name for each in used)]), row(["---"] * (2 + len(used)))]
    for theme, name, wanted in keys:
        cells = [cell(result.rows.get((theme, name, wanted))) for result in results.values()]
        lines.append(row([wanted, name, *cells]))
    lines += [row(["**as wanted**", f"of {len(keys)}", *(total(result, keys) for result in results.values())])]
    for word in ("ended", "kept"):
        part = [key for key in keys if key[2] == word]
        lines.append(row(["", f"of {len(part)} to be {word}", *(total(result, part) for result in results.values())]))
    lines += ["", "## How each was set up", ""]
    lines += [f"- **{means[name].name}** ({result.version}; limit {means[name].limit} s). {means[name].how}"
              for name, result in results.items()]
    return "\n".join([*lines, "", LIMITS])


def row(cells: list[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |"


def cell(outcome: dict | None) -> str:
    if outcome is None:
        return "**no verdict**"
    return outcome["words"] if outcome["as_wanted"] else f"**{outcome['words']}**"


def total(result: Result, keys: list[tuple[str, str, str]]) -> str:
    return str(sum(result.rows[key]["as_wanted"] for key in keys if key in result.rows))
