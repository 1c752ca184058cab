"""Programs of Google Benchmark, and what they say."""

import json
import re
import subprocess

from support import BUILD


def run(program: str, only: str = "", rounds: int = 1) -> dict[str, list[dict]]:
    """By the names of the benchmarks that `only`, a regular expression, picks: what each of the rounds has measured."""
    done = subprocess.run([BUILD / "tests/bench" / program, f"--benchmark_filter={only or '.'}", "--benchmark_format=json",
                           f"--benchmark_repetitions={rounds}", "--benchmark_min_time=0.1"],
                          check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    measured: dict[str, list[dict]] = {}
    for one in json.loads(done.stdout)["benchmarks"]:
        if one["run_type"] == "iteration":
            name = re.sub(r"/(iterations|repeats):.*|/manual_time", "", one["run_name"])
            measured.setdefault(name, []).append(one)
    return measured
