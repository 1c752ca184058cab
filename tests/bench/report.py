"""The table of tests/bench/run, and docs/benchmarks.md."""

import platform
import subprocess
import time
from pathlib import Path

from plot import distribution

REPOSITORY = Path(__file__).resolve().parents[2]


def table(results: dict) -> str:
    lines = ["| what | measured | to reach | |", "|---|---|---|---|"]
    for result in results.values():
        lines += [line(row) for row in result["rows"]]
    return "\n".join(lines)


def line(row: dict) -> str:
    measured = with_unit(row["value"], row["unit"])
    if row["beside"]:
        measured += " (" + "; ".join(f"{name} {with_unit(value, row['unit'])}" for name, value in row["beside"].items()) + ")"
    if row["reach"] is None:
        return f"| {row['what']} | {measured} | | |"
    verdict = "reached" if row["value"] <= row["reach"] else "**not reached**"
    return f"| {row['what']} | {measured} | {with_unit(row['reach'], row['unit'])} | {verdict} |"


def with_unit(value: float, unit: str) -> str:
    return f"{figure(value)} {unit}".strip()


def figure(value: float) -> str:
    """Three digits that count."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def report(results: dict, docs: Path) -> None:
    plots = merged([plot for result in results.values() for plot in result["plots"]])
    for plot in plots:
        (docs / f"benchmarks-{plot['name']}.svg").write_text(distribution(plot))
    text = [HEAD.format(facts=facts()), table(results), ""]
    text += [f"\n![{plot['title']}](benchmarks-{plot['name']}.svg)\n" for plot in plots]
    text += ["\n## How each is measured\n", "Several rounds: the median; what is compared takes turns, in one run.\n"]
    for result in results.values():
        text += [f"- **{row['what']}**: {row['how']}{rounds(row)}." for row in result["rows"] if row["how"]]
    (docs / "benchmarks.md").write_text("\n".join(text) + "\n" + NOTES.read_text())


def merged(plots: list[dict]) -> list[dict]:
    """Those of one name are one: that with a title says what it shows, and each has series for it."""
    by_name: dict[str, dict] = {}
    for plot in sorted(plots, key=lambda plot: not plot["title"]):
        one = by_name.setdefault(plot["name"], plot | {"series": {}})
        one["series"] |= plot["series"]
    return list(by_name.values())


def rounds(row: dict) -> str:
    if not row["rounds"]:
        return ""
    return f" ({len(row['rounds'])} rounds, from {figure(min(row['rounds']))} to {figure(max(row['rounds']))})"


def facts() -> str:
    cpu = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    cores = sum(line.startswith("processor") for line in Path("/proc/cpuinfo").read_text().splitlines())
    commit = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True,
                            cwd=REPOSITORY).stdout.strip()
    return (f"Linux {platform.release()}, {cpu}, {cores} processors; commit {commit}; "
            f"{time.strftime('%Y-%m-%d')}")


NOTES = Path(__file__).with_name("notes.md")
HEAD = """# What idled costs

Written by `tests/bench/run`, and not by hand: {facts}. Times are of a machine; what they are compared with was
measured in the same run.
"""
