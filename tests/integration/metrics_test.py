#!/usr/bin/python3
"""What `idlectl metrics` says is true, and those who read such text take it: promtool(1) and Python's client library."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from idled_testing import cases  # noqa: E402
from idled_testing.cases import case  # noqa: E402
from idled_testing.machine import Machine  # noqa: E402
from idled_testing.waiting import wait_until  # noqa: E402


def samples(t):
    """{'idled_logouts_total{cause="idle"}': 3.0, ...}"""
    done = t.machine.idlectl("metrics")
    assert done.status == 0, done
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@case("a login, its kick and a refused policy are counted")
def _(t):
    before = samples(t)
    client = t.login("alice")
    session = wait_until(lambda: t.machine.session_of(client), "the login")["id"]
    opened = samples(t)

    def grown(name, now):
        return now[name] - before[name]

    assert grown('idled_logins_total{how="opened"}', opened) == 1, opened
    assert grown('idled_sessions{state="active"}', opened) == 1, opened
    assert grown("idled_registration_latency_seconds_count", opened) == 1, opened
    assert t.machine.idlectl("kick", session).status == 0
    ended = samples(t)
    assert grown('idled_logouts_total{cause="kick"}', ended) == 1, ended
    assert grown("idled_kicks_total", ended) == 1, ended
    assert ended['idled_sessions{state="active"}'] == before['idled_sessions{state="active"}'], ended


@case("users are told nothing")
def _(t):
    assert t.machine.idlectl("metrics", user="alice").status == 4


@case("promtool finds nothing to complain of", needs=["promtool"])
def _(t):
    text = t.machine.idlectl("metrics", "--prometheus").stdout
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and not done.stdout + done.stderr, done


@case("the OpenMetrics text is OpenMetrics")
def _(t):
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
    except ImportError:
        t.skip("Debian's python3-prometheus-client is not installed")
    families = {family.name: family for family in text_string_to_metric_families(t.machine.idlectl("metrics").stdout)}
    assert families["idled_logouts"].type == "counter", families
    assert families["idled_registration_latency_seconds"].unit == "seconds"
    assert all(family.documentation and family.type != "unknown" for family in families.values()), families


def prepare():
    machine = Machine()
    machine.start_daemon({"defaults": {"idle": "1h"}})
    return machine


# One after the other: they count.
sys.exit(cases.main(prepare, at_once=1))
