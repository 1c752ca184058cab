#!/usr/bin/python3
"""What `idlectl metrics` says is true, and those who read such text take it: promtool(1) and Python's client library."""

import re
import subprocess
import sys
import urllib.request
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
    return read_samples(done.stdout)


def read_samples(text):
    lines = [line for line in text.splitlines() if not line.startswith("#")]
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


FOLDER = Path("/var/lib/prometheus/node-exporter")


@case("Debian's node_exporter, as installed, serves what idled-metrics.service writes",
      needs=["prometheus-node-exporter"])
def _(t):
    unit = Path("/usr/lib/systemd/system/idled-metrics.service").read_text()
    command = re.search("(?m)^ExecStart=(.*)$", unit)[1].split()
    assert re.search("(?m)^ConditionPathIsDirectory=(.*)$", unit)[1] == str(FOLDER), unit
    FOLDER.mkdir(parents=True, exist_ok=True)
    done = t.machine.run(*command)
    assert done.status == 0 and not done.stdout + done.stderr, done
    # As a user without rights, as its service has it; the folder is the one that it is built with.
    t.run(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "prometheus-node-exporter",
           "--web.listen-address=127.0.0.1:9100", "--collector.disable-defaults", "--collector.textfile"])
    served = wait_until(fetch, "node_exporter to answer", timeout=20)
    assert served["node_textfile_scrape_error"] == 0, served
    assert served[f'node_textfile_mtime_seconds{{file="{FOLDER}/idled.prom"}}'] > 0, served  # the alert's clock
    ours = {name: value for name, value in served.items() if name.startswith("idled_")}
    text = (FOLDER / "idled.prom").read_text()
    written = read_samples(re.sub(r'le="(\d+)\.0"', r'le="\1"', text))  # node_exporter's way to write a number
    assert len(ours) > 30 and ours == written, sorted(ours.items() ^ written.items())


def fetch():
    try:
        with urllib.request.urlopen("http://127.0.0.1:9100/metrics", timeout=5) as answer:
            return read_samples(answer.read().decode())
    except OSError:
        return None


def prepare():
    machine = Machine()
    machine.start_daemon({"defaults": {"idle": "1h"}})
    return machine


# One after the other: they count.
sys.exit(cases.main(prepare, at_once=1))
